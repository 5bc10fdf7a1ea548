"""config.yml and the environment, as frozen settings; a mistake is refused by key and mend.

Secrets come from the environment alone: ``SHUKE_TELEGRAM_TOKEN`` and
``SHUKE_TELEGRAM_WEBHOOK_SECRET``. Every key of config.yml can be set there too, as
``SHUKE_SECTION__KEY``; the environment wins over the file.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from datetime import time, timedelta
from pathlib import Path
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from bot.channels.telegram.settings import TelegramSettings
from bot.channels.terminal.settings import TerminalSettings
from bot.errors import SettingsError
from bot.staffing import DeskHours
from care.settings import CareSettings
from nlu.settings import NluSettings

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = get_args(Day)
_SECRETS = {
    "SHUKE_TELEGRAM_TOKEN": ("telegram", "token"),
    "SHUKE_TELEGRAM_WEBHOOK_SECRET": ("telegram", "webhook_secret"),
}


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class ShopSettings(_Section):
    """The shop itself."""

    name_zh: str = "小店"
    name_en: str = "our shop"
    zone: str = "Asia/Shanghai"
    language: Literal["zh", "en"] = "zh"
    currency: str = Field(default="CNY", pattern=r"^[A-Z]{3}$")
    region: str = Field(default="CN", pattern=r"^[A-Z]{2}$")
    """Where a phone number without a country code belongs."""
    order_no: str = r"[A-Z]\d{5}|\d{11}"
    """What the shop's order numbers look like, as a regular expression."""

    @field_validator("zone")
    @classmethod
    def _zone_exists(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as exc:
            raise ValueError("is no time zone; write one such as Asia/Shanghai") from exc
        return zone

    @field_validator("order_no")
    @classmethod
    def _pattern_compiles(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as exc:
            raise ValueError(f"is no regular expression: {exc}") from exc
        return pattern


class DeskSettings(_Section):
    """When people answer."""

    opens: time = time(9)
    closes: time = time(21)
    days: tuple[Day, ...] = Field(default=DAYS, min_length=1)


class StoreSettings(_Section):
    """Where the memory lives."""

    url: str = Field(default="sqlite:///var/shuke.db", pattern=r"^sqlite:///.+")


class WebSettings(_Section):
    """The HTTP server: health, and the hooks of channels that call us."""

    host: str = "127.0.0.1"
    port: int = Field(default=8750, ge=0, le=65535)


class WorkSettings(_Section):
    """How turns are worked on."""

    lease: timedelta = Field(default=timedelta(seconds=60), gt=timedelta(0))
    """After how long a turn whose worker fell silent is taken up by another."""
    sweep_every: timedelta = Field(default=timedelta(milliseconds=500), gt=timedelta(0))


class LogSettings(_Section):
    """What is written to stderr."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


class Settings(_Section):
    """Everything that can be set. Paths in it are absolute."""

    root: Path
    """The folder that relative paths start from."""
    var: Path
    """What the installation makes for itself: database, models, logs."""
    shop: ShopSettings = ShopSettings()
    desk: DeskSettings = DeskSettings()
    store: StoreSettings = StoreSettings()
    nlu: NluSettings
    care: CareSettings
    telegram: TelegramSettings | None = None
    terminal: TerminalSettings
    web: WebSettings = WebSettings()
    work: WorkSettings = WorkSettings()
    log: LogSettings = LogSettings()

    @property
    def desk_hours(self) -> DeskHours:
        days = frozenset(DAYS.index(day) for day in self.desk.days)
        return DeskHours(ZoneInfo(self.shop.zone), self.desk.opens, self.desk.closes, days)

    @property
    def overlay(self) -> Path:
        """The shop's own content, laid over the defaults."""
        return self.root / "shop"

    def secrets(self) -> tuple[str, ...]:
        """Return what must never be seen in a log."""
        return self.telegram.secrets() if self.telegram else ()


def load(
    config: Path | None = None, *, store: str | None = None, environment: Mapping[str, str] = os.environ
) -> Settings:
    """Read config.yml (``config``, or the one at the root) and the environment.

    Raises:
        SettingsError: naming the file, the key and the mend.
    """
    root = Path(environment.get("SHUKE_ROOT") or Path.cwd()).resolve()
    path = config or root / "config.yml"
    given = _read(path, must_exist=config is not None)
    _merge_environment(given, environment)
    if store is not None:
        given.setdefault("store", {})["url"] = store
    return build(given, root=root, name=path.name)


def build(given: dict[str, Any], *, root: Path, name: str = "config.yml") -> Settings:
    """Check what was given and make settings of it; errors name ``name`` and the key."""
    var = root / str(given.pop("var", "var"))
    shop = given.get("shop") or {}
    whole = given | {
        "root": root,
        "var": var,
        "nlu": {"models": var / "models", "logs": var / "log"} | (given.get("nlu") or {}),
        "care": {name: shop[name] for name in ("zone", "language") if name in shop} | (given.get("care") or {}),
        "terminal": {"address_file": var / "terminal.json"} | (given.get("terminal") or {}),
    }
    if not (whole.get("telegram") or {}).get("token"):
        whole.pop("telegram", None)  # described, but no bot yet: its token comes from the environment
    try:
        settings = Settings.model_validate(whole)
    except ValidationError as exc:
        raise SettingsError(_explain(exc, name)) from None
    url = settings.store.url
    path = Path(url.removeprefix("sqlite:///"))
    if not path.is_absolute():
        settings = settings.model_copy(update={"store": StoreSettings(url=f"sqlite:///{root / path}")})
    return settings


def _read(path: Path, *, must_exist: bool) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        if must_exist:
            raise SettingsError(
                f"{path}: there is no such file; name one that is there, or leave --config out"
            ) from None
        return {}
    except UnicodeDecodeError as exc:
        raise SettingsError(f"{path.name}: is not UTF-8 (byte {exc.start}); save it as UTF-8") from None
    try:
        given = yaml.safe_load(text)
    except yaml.MarkedYAMLError as exc:
        line = exc.problem_mark.line + 1 if exc.problem_mark else 1
        raise SettingsError(f"{path.name}:{line}: is no YAML: {exc.problem}") from None
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise SettingsError(f"{path.name}:1: has to hold sections such as `shop:`, not a {type(given).__name__}")
    for section, content in given.items():
        if content is None:
            given[section] = {}
    return given


def _merge_environment(given: dict[str, Any], environment: Mapping[str, str]) -> None:
    for name, (section, key) in _SECRETS.items():
        if environment.get(name):
            given.setdefault(section, {})[key] = SecretStr(environment[name])
    for name, value in environment.items():
        section, separator, key = name.removeprefix("SHUKE_").partition("__")
        if name.startswith("SHUKE_") and separator:
            given.setdefault(section.lower(), {})[key.lower()] = value


def _explain(error: ValidationError, name: str) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = [str(part) for part in first["loc"]]
    key = ".".join(place) or "the file"
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(place[-1], _known_keys(place[:-1]), 1)
        mend = f"did you mean {near[0]}?" if near else f"known here: {', '.join(_known_keys(place[:-1]))}"
        return f"{name}: {key}: there is no such key; {mend}"
    return f"{name}: {key}: {first['msg'].removeprefix('Value error, ')}"


def _known_keys(path: list[str]) -> list[str]:
    model: Any = Settings
    for part in path:
        annotation = model.model_fields[part].annotation
        model = next(
            (m for m in (annotation, *getattr(annotation, "__args__", ())) if hasattr(m, "model_fields")),
            Settings,
        )
    return sorted(set(model.model_fields) - {"root"})
