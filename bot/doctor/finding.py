"""What a check found, in plain words."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

State = Literal["ok", "warning", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: ``mend`` is empty where nothing needs one."""

    check: str
    state: State
    told: str
    mend: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        line = f"{self.state:<8} {self.check}: {self.told}"
        return f"{line}; {self.mend}" if self.mend else line


def ok(check: str, told: str) -> Finding:
    return Finding(check, "ok", told)


def warning(check: str, told: str, mend: str) -> Finding:
    return Finding(check, "warning", told, mend)


def problem(check: str, told: str, mend: str) -> Finding:
    return Finding(check, "problem", told, mend)
