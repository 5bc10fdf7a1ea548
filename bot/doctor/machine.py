"""The machine: Python and its packages, who may read what, room on the disk, time zones, ports."""

from __future__ import annotations

import re
import socket
import stat
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import httpx

from bot.doctor.finding import Finding, ok, problem, warning

OLDEST_PYTHON = (3, 12)
LEAST_FREE, LITTLE_FREE = 500_000_000, 2_000_000_000
"""Bytes: below the first the database may not be written any more, below the second it is time to look."""
OLD_ZONES = 2
"""Years: somewhere the rules of summer time change almost every year."""
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)(\s*;)?", re.MULTILINE)


def python(version: tuple[int, ...]) -> Finding:
    """Is this Python one that Shuke runs on?"""
    shown = ".".join(map(str, version[:3]))
    if version[:2] < OLDEST_PYTHON:
        return problem("python", f"{shown} is too old", "call ./shuke, which brings Python 3.12")
    return ok("python", shown)


def packages(lock: Path, installed: Callable[[str], str | None]) -> Finding:
    """Are the packages those of the lock? ``installed`` tells a package's version, None where it is not there."""
    if not lock.is_file():
        return warning("packages", f"{lock.name} is not there to compare with", "run Shuke from a checkout")
    wrong = []
    for name, version, only_somewhere in _PINNED.findall(lock.read_text(encoding="utf-8")):
        present = installed(name)
        if present != version and not (present is None and only_somewhere):
            wrong.append(f"{name} is {present or 'missing'} instead of {version}")
    if wrong:
        shown = ", ".join(wrong[:5]) + (f" and {len(wrong) - 5} more" if len(wrong) > 5 else "")
        return problem("packages", shown, "call ./shuke, which brings them to the lock")
    return ok("packages", f"as {lock.name} says")


def permissions(var: Path, kept: Sequence[Path]) -> list[Finding]:
    """Can others on this machine read what is in ``var``, or write what we are set up by (``kept``)?"""
    writable = [path for path in (var, *kept) if path.exists() and path.stat().st_mode & stat.S_IWOTH]
    found = [problem("permissions", f"everybody may write {path}", f"chmod o-w {path}") for path in writable]
    if var.exists() and var.stat().st_mode & (stat.S_IROTH | stat.S_IXOTH):
        told = f"others on this machine may look into {var}, where customers' data is"
        found.append(warning("permissions", told, f"chmod 700 {var}"))
    return found or [ok("permissions", f"{var} is its owner's alone")]


def disk(folder: Path, free: int) -> Finding:
    """Is there room? ``free`` is in bytes."""
    shown = f"{free / 1e9:.1f} GB free for {folder}"
    if free < LEAST_FREE:
        return problem("disk", shown, "make room; a full disk stops every turn")
    if free < LITTLE_FREE:
        return warning("disk", shown, "make room; old backups and models are in var/")
    return ok("disk", shown)


def zones(names: Sequence[str], version: str | None, year: int) -> Finding:
    """Are the time zones there, and of this time? ``version`` is that of the zone data, such as 2026.1."""
    for name in names:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            return problem("time zones", f"{name} is not known", "install the package tzdata: ./shuke does")
    made = int(version.split(".")[0]) if version else None
    if made is not None and year - made >= OLD_ZONES:
        mend = "bring a newer tzdata: just lock --upgrade-package tzdata"
        return warning("time zones", f"the data is of {made}", mend)
    return ok("time zones", f"known, data {version or 'of the system'}")


def port(section: str, host: str, number: int) -> Finding:
    """Is the port free, or ours already?"""
    check = f"port {section}"
    if number == 0:
        return ok(check, "any free one")
    try:
        with socket.create_server((host, number)):
            return ok(check, f"{host}:{number} is free")
    except OSError as exc:
        if _is_ours(host, number):
            return ok(check, f"{host}:{number} is answered by a running Shuke")
        told = f"{host}:{number} cannot be had ({exc.strerror})"
        return problem(check, told, f"end what holds it, or set {section}.port")


def clock(apart: timedelta | None) -> Finding:
    """Does this machine agree with the database about the time? None: the database is on this machine."""
    if apart is None:
        return ok("clock", "the database has this machine's")
    seconds = abs(apart.total_seconds())
    told = f"{seconds:.1f} s away from the database's"
    if seconds >= 30:
        return problem("clock", told, "set the time (chrony, systemd-timesyncd); leases and signatures rely on it")
    if seconds >= 2:
        return warning("clock", told, "set the time (chrony, systemd-timesyncd)")
    return ok("clock", told)


def _is_ours(host: str, number: int) -> bool:
    at = f"[{host}]" if ":" in host else host
    try:
        answer = httpx.get(f"http://{at}:{number}/healthz", timeout=2, trust_env=False)
        return bool(answer.json() == {"status": "alive"})
    except (httpx.HTTPError, ValueError):
        return False
