"""`shuke api-key` and `shuke webhook`: who may call us, and whom we tell what happens."""

from __future__ import annotations

import re
from datetime import datetime
from random import SystemRandom
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
from sqlalchemy import Connection

from bot.api.calling import SCOPES
from bot.commands.common import console, open_store, options, os_user, show_json
from bot.errors import ShukeError
from bot.webhooks import secret_of
from crm_store import api_keys, audit, webhooks
from crm_store.ports import SystemClock

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_PREFIX = re.compile(r"[a-z_]+\.(?:[a-z_.]*|\*)|\*")
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_KEY_LENGTH = 43  # some 256 bits
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
Name = Annotated[str, typer.Argument(help="A name of letters, digits and . _ -")]


def add_to(app: typer.Typer) -> None:
    keys = typer.Typer(help="Keys of the HTTP API.", no_args_is_help=True, rich_markup_mode=None)
    keys.command("add")(add_key)
    keys.command("list")(list_keys)
    keys.command("revoke")(revoke_key)
    app.add_typer(keys, name="api-key")
    hooks = typer.Typer(help="Addresses that are told what happens.", no_args_is_help=True, rich_markup_mode=None)
    hooks.command("add")(add_hook)
    hooks.command("list")(list_hooks)
    hooks.command("retry")(retry_hook)
    hooks.command("remove")(remove_hook)
    app.add_typer(hooks, name="webhook")


def add_key(
    context: typer.Context,
    name: Name,
    scope: Annotated[list[str], typer.Option(help=f"Again for each: {', '.join(SCOPES)}.")],
) -> None:
    """Make a key of the API and print it, once.

    Example: ./shuke api-key add till --scope customers:read --scope points:write
    """
    _named(name)
    for one in scope:
        if one not in SCOPES:
            raise ShukeError(f"--scope {one}: there is no such scope; there are {', '.join(SCOPES)}")
    chance = SystemRandom()
    key = "shk_" + "".join(chance.choice(_ALPHABET) for _ in range(_KEY_LENGTH))
    with open_store(options(context).settings()) as store:
        store.run_now(_add_key, name, key, sorted(set(scope)), SystemClock().now())
    console.print(f"{name} may {', '.join(sorted(set(scope)))}; its key, shown this once:\n{key}", markup=False)


def list_keys(context: typer.Context) -> None:
    """Show the keys: what they may, when they were used last, which are revoked.

    Example: ./shuke api-key list
    """
    with open_store(options(context).settings()) as store:
        everyone = store.read_now(api_keys.everyone)
    if options(context).json:
        show_json([_key_json(one) for one in everyone])
        return
    for one in everyone:
        used = f"used {one.used_at:%Y-%m-%d}" if one.used_at else "never used"
        state = f"revoked {one.revoked_at:%Y-%m-%d}" if one.revoked_at else used
        console.print(f"{one.name:<20} {state:<20} {', '.join(sorted(one.scopes))}", markup=False)
    if not everyone:
        console.print("there are no keys; make one with shuke api-key add NAME --scope …", markup=False)


def revoke_key(context: typer.Context, name: Name) -> None:
    """End a key at once.

    Example: ./shuke api-key revoke till
    """
    with open_store(options(context).settings()) as store:
        store.run_now(_revoke_key, name, SystemClock().now())
    console.print(f"the key {name} no longer works", markup=False)


def add_hook(
    context: typer.Context,
    name: Name,
    url: Annotated[str, typer.Argument(help="Where events are sent: https, or http on this machine.")],
    event: Annotated[list[str], typer.Option(help="Again for each: a kind such as ticket.opened, order.* or *.")],
) -> None:
    """Tell an address what happens from now on, and print what signs it, once. Needs SHUKE_WEBHOOK_SECRET.

    Example: ./shuke webhook add erp https://erp.example.com/shuke --event 'order.*' --event ticket.opened
    """
    _named(name)
    settings = options(context).settings()
    master = settings.web.webhook_secret
    if master is None:
        raise ShukeError("SHUKE_WEBHOOK_SECRET is not set; set it to some 32 random characters, here and for the bot")
    parts = urlsplit(url)
    if parts.username or parts.password:
        raise ShukeError("URL: holds a name or a password, which would be kept as it is; take it out")
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)):
        raise ShukeError("URL: has to begin with https://, or with http:// on this machine")
    for one in event:
        if not _PREFIX.fullmatch(one):
            raise ShukeError(f"--event {one}: is no kind of event; write one such as ticket.opened, order.* or *")
    prefixes = [one.removesuffix("*") for one in event]
    with open_store(settings) as store:
        store.run_now(_add_hook, name, url, prefixes, SystemClock().now())
    secret = secret_of(master.get_secret_value(), name)
    console.print(f"{name} is told {', '.join(event)}; what signs it, shown this once:\n{secret}", markup=False)


def list_hooks(context: typer.Context) -> None:
    """Show who is told what, how much waits, and what was given up.

    Example: ./shuke webhook list
    """
    with open_store(options(context).settings()) as store:
        rows = store.read_now(webhooks.everyone)
    if options(context).json:
        show_json([dict(row._mapping) for row in rows])
        return
    for row in rows:
        error = f", last {row.error}" if row.error else ""
        kinds = row.prefix if row.prefix and not row.prefix.endswith(".") else f"{row.prefix}*"
        console.print(
            f"{row.name:<16} {kinds} → {row.url}: {row.waiting} wait, {row.given_up} given up{error}",
            markup=False,
        )
    if not rows:
        console.print("nobody is told anything; shuke webhook add NAME URL --event …", markup=False)


def retry_hook(context: typer.Context, name: Name) -> None:
    """Tell again what was given up.

    Example: ./shuke webhook retry erp
    """
    with open_store(options(context).settings()) as store:
        again = store.run_now(webhooks.retry, name)
    console.print(f"{again} events are sent to {name} again", markup=False)


def remove_hook(context: typer.Context, name: Name) -> None:
    """Tell an address nothing more, what waits for it included.

    Example: ./shuke webhook remove erp
    """
    with open_store(options(context).settings()) as store:
        store.run_now(_remove_hook, name, SystemClock().now())
    console.print(f"{name} is told nothing more", markup=False)


def _named(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ShukeError(f"{name}: a name has up to 64 letters, digits, and . _ -; leave out what else there is")


def _add_key(conn: Connection, name: str, key: str, scopes: list[str], now: datetime) -> None:
    api_keys.add(conn, name, key, scopes=scopes, now=now)
    audit.record(conn, at=now, by=os_user(), action="add_api_key", name=name, scopes=scopes)


def _revoke_key(conn: Connection, name: str, now: datetime) -> None:
    api_keys.revoke(conn, name, now=now)
    audit.record(conn, at=now, by=os_user(), action="revoke_api_key", name=name)


def _add_hook(conn: Connection, name: str, url: str, prefixes: list[str], now: datetime) -> None:
    webhooks.add(conn, name, url, prefixes, now=now)
    audit.record(conn, at=now, by=os_user(), action="add_webhook", name=name, url=url)


def _remove_hook(conn: Connection, name: str, now: datetime) -> None:
    webhooks.remove(conn, name)
    audit.record(conn, at=now, by=os_user(), action="remove_webhook", name=name)


def _key_json(key: api_keys.KeyView) -> dict[str, Any]:
    return {
        "name": key.name,
        "scopes": sorted(key.scopes),
        "created_at": key.created_at.isoformat(),
        "used_at": key.used_at.isoformat() if key.used_at else None,
        "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
    }
