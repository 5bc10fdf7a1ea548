"""config.yml and the environment, as frozen settings; a mistake is refused by key and mend.

Secrets come from the environment alone, by the names in `_SECRETS`. Every key of
config.yml can be set there too, as ``SHUKE_SECTION__KEY``; the environment wins over
the file.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    Field,
    IPvAnyNetwork,
    SecretStr,
    ValidationError,
    field_validator,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from bot.channels.telegram.settings import TelegramSettings
from bot.channels.terminal.settings import TerminalSettings
from bot.channels.webchat.settings import WebchatSettings
from bot.channels.wechat.settings import WechatSettings
from bot.config_file import read_config
from bot.durations import MEND, with_seconds_read
from bot.errors import SettingsError
from bot.shop_settings import DAYS, DeskSettings, PointsSettings, Section, ShopSettings, TicketSettings, TierSettings
from care.settings import CareSettings
from crm_store import holidays
from crm_store.desk_hours import DeskHours
from crm_store.loyalty import Earning, Loyalty
from crm_store.privacy.settings import PrivacySettings
from crm_store.tiers import TierRules
from desk.settings import ConsoleSettings
from flows.settings import FlowSettings
from nlu.settings import NluSettings

CONFIG = "config.yml"
OVERLAY = "shop"
"""The folder of the shop's own content; a part of it that isn't there lays nothing over ours."""
_SECRETS = {
    "SHUKE_TELEGRAM_TOKEN": ("telegram", "token"),
    "SHUKE_TELEGRAM_WEBHOOK_SECRET": ("telegram", "webhook_secret"),
    "SHUKE_WECHAT_APP_SECRET": ("wechat", "app_secret"),
    "SHUKE_WECHAT_TOKEN": ("wechat", "token"),
    "SHUKE_WECHAT_AES_KEY": ("wechat", "aes_key"),
    "SHUKE_METRICS_KEY": ("web", "metrics_key"),
    "SHUKE_PRIVACY_KEY": ("privacy", "key"),
    "SHUKE_SHOP_HOOK_SECRET": ("web", "shop_hook_secret"),
    "SHUKE_WEBHOOK_SECRET": ("web", "webhook_secret"),
    "SHUKE_PRIVACY_STORE_KEY": ("privacy", "store_key"),
    "SHUKE_WEBCHAT_SECRET": ("webchat", "secret"),
    "SHUKE_WEBCHAT_IDENTITY_SECRET": ("webchat", "identity_secret"),
}
_PATHS = (
    ("nlu", "rasa_folder"), ("nlu", "rasa_python"), ("nlu", "overlay"), ("nlu", "models"), ("nlu", "logs"),
    ("terminal", "address_file"),
)  # fmt: skip
# By one of these a channel is on. Where it has none of them, the others stand in, so that the rest of its
# section is checked all the same.
_TURNED_ON_BY = {"telegram": ("token",), "wechat": ("app_secret", "token", "aes_key")}
_STAND_INS: dict[str, dict[str, str]] = {
    "telegram": {"token": "1:no-bot-is-meant-by-this", "webhook_secret": "no-bot-is-meant-by-this"},
    "wechat": {"app_id": "wx0000", "app_secret": "0" * 32, "token": "none", "aes_key": "A" * 43},
}


class StoreSettings(Section):
    """Where the memory lives."""

    url: str = "sqlite:///var/shuke.db"

    @field_validator("url")
    @classmethod
    def _is_ours(cls, url: str) -> str:
        if not re.fullmatch(r"sqlite:///.+|postgres(ql)?://.+", url):
            raise ValueError(
                "has to be sqlite:/// and a path, such as sqlite:///var/shuke.db, or postgresql://USER@HOST/NAME"
            )
        try:
            parsed = make_url(url)
        except (ArgumentError, ValueError) as exc:
            raise ValueError("is no URL; write one such as postgresql://shuke@127.0.0.1/shuke") from exc
        if parsed.get_backend_name() != "sqlite" and not parsed.database:
            raise ValueError("names no database; write one such as postgresql://shuke@127.0.0.1/shuke")
        return re.sub("^postgres://", "postgresql://", url)

    @property
    def is_shared(self) -> bool:
        """Whether several processes may work on it, as on PostgreSQL."""
        return not self.url.startswith("sqlite:")

    @property
    def password(self) -> str | None:
        return None if self.url.startswith("sqlite:") else make_url(self.url).password


class WebSettings(Section):
    """The HTTP server: health, and the hooks of channels that call us."""

    host: str = "127.0.0.1"
    port: int = Field(default=8750, ge=0, le=65535)
    metrics_key: SecretStr | None = Field(default=None, min_length=16)
    """What another machine has to show to read `/metrics`."""
    shop_hook_secret: SecretStr | None = Field(default=None, min_length=16)
    """Signs what the shop's own systems tell us at `/hooks/shop`."""
    webhook_secret: SecretStr | None = Field(default=None, min_length=16)
    """What signs what other systems are told is made of this."""
    inbox_late: timedelta = Field(default=timedelta(minutes=5), gt=timedelta(0))
    """How long a message may wait to be handled before we call ourselves not ready."""
    outbox_late: timedelta = Field(default=timedelta(minutes=5), gt=timedelta(0))
    """The same for an answer that is due to leave."""
    trusted_proxies: tuple[IPvAnyNetwork, ...] = ()
    """Whose X-Forwarded-For and X-Forwarded-Proto are believed: addresses, or networks such as 10.0.0.0/8."""

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _one_or_several(cls, given: Any) -> Any:
        return [one.strip() for one in given.split(",")] if isinstance(given, str) else given


class WorkSettings(Section):
    """How turns are worked on."""

    lease: timedelta = Field(default=timedelta(seconds=60), gt=timedelta(0))
    """After how long a turn whose worker fell silent is taken up by another."""
    sweep_every: timedelta = Field(default=timedelta(milliseconds=500), gt=timedelta(0))
    drain: timedelta = Field(default=timedelta(seconds=20), ge=timedelta(0))
    """How long stopping waits for turns in flight; then they are left to others."""
    port: int | None = Field(default=None, ge=0, le=65535)
    """Where a role without an HTTP server of its own answers `/healthz`, on loopback."""


class LogSettings(Section):
    """What is written to stderr."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


class Settings(Section):
    """Everything that can be set. Paths in it are absolute."""

    root: Path
    """The folder that relative paths start from."""
    var: Path
    """What the installation makes for itself: database, models, logs."""
    shop: ShopSettings = ShopSettings()
    desk: DeskSettings = DeskSettings()
    tickets: TicketSettings = TicketSettings()
    console: ConsoleSettings = ConsoleSettings()
    points: PointsSettings = PointsSettings()
    tiers: TierSettings = TierSettings()
    store: StoreSettings = StoreSettings()
    privacy: PrivacySettings = PrivacySettings()
    nlu: NluSettings
    care: CareSettings
    flows: FlowSettings = FlowSettings()
    telegram: TelegramSettings | None = None
    wechat: WechatSettings | None = None
    terminal: TerminalSettings
    webchat: WebchatSettings = WebchatSettings()
    web: WebSettings = WebSettings()
    work: WorkSettings = WorkSettings()
    log: LogSettings = LogSettings()

    @property
    def desk_hours(self) -> DeskHours:
        days = frozenset(DAYS.index(day) for day in self.desk.days)
        keeps = self.desk.holidays or ("china" if self.shop.region == "CN" else "none")
        return DeskHours(
            ZoneInfo(self.shop.zone), self.desk.opens, self.desk.closes, days,
            calendar=holidays.works if keeps == "china" else None,
            closed_on=frozenset(self.desk.closed_on), answers=self.tickets.answers,
        )  # fmt: skip

    @property
    def loyalty(self) -> Loyalty:
        zone, points, tiers = ZoneInfo(self.shop.zone), self.points, self.tiers
        earning = rules = None
        if points.per_unit is not None:
            earning = Earning(points.per_unit, points.valid_months, points.factors, points.since, points.missing)
        if tiers.thresholds:
            rules = TierRules(
                tiers.thresholds, zone, self.shop.currency, base=tiers.base, months=tiers.months, grace=tiers.kept_for
            )
        return Loyalty(zone, self.shop.currency, earning, rules, self.desk_hours)

    @property
    def overlay(self) -> Path:
        """The shop's own content, laid over the defaults."""
        return self.root / OVERLAY

    def secrets(self) -> tuple[str, ...]:
        """Return what must never be seen in a log."""
        store = (self.store.password,) if self.store.password else ()
        channels = (self.telegram, self.wechat, self.webchat)
        web = self.web
        kept = (web.metrics_key, web.shop_hook_secret, web.webhook_secret, self.privacy.key)
        ours = tuple(one.get_secret_value() for one in kept if one is not None)
        named = [secret for channel in channels if channel is not None for secret in channel.secrets()]
        return (*store, *ours, *self.privacy.store_keys(), *named)


def load(
    config: Path | None = None, *, store: str | None = None, environment: Mapping[str, str] = os.environ
) -> Settings:
    """Read the settings and the environment; ``store`` is the --store option.

    They stand in ``config``; without one in config.yml at the root, with the shop's own laid over it key by key.

    Raises:
        SettingsError: naming the file, the key and the mend.
    """
    root = Path(environment.get("SHUKE_ROOT") or Path.cwd()).resolve()
    path = config or root / CONFIG
    given = read_config(path, must_exist=config is not None)
    _keep_secrets_out(given, path.name)
    _keep_password_out(given, path.name)
    places = {} if config is not None else _lay_over(given, root / OVERLAY / CONFIG)
    places |= _merge_environment(given, environment, path.name)
    if store is not None:
        _section(given, "store", path.name)["url"] = store
        places["store.url"] = "--store"
    return build(given, root=root, name=path.name, places=places)


def build(
    given: Mapping[str, Any], *, root: Path, name: str = "config.yml", places: Mapping[str, str] | None = None
) -> Settings:
    """Check what was given and make settings of it.

    Errors name ``name`` and the key, or the place that ``places`` says the key comes from.
    """
    if "root" in given:
        raise SettingsError(f"{name}: root: there is no such key; the folder is where the command runs, or SHUKE_ROOT")
    sections = {section: dict(_section(dict(given), section, name)) for section in given if section != "var"}
    if not isinstance(given.get("var", "var"), str):
        raise SettingsError(f"{name}: var: has to be the path of a folder")
    var = root / given.get("var", "var")
    for section, key in _PATHS:
        if isinstance(path := sections.get(section, {}).get(key), str):
            sections[section][key] = root / path
    shop = sections.get("shop", {})
    folders = {"models": var / "models", "logs": var / "log", "overlay": root / OVERLAY / "nlu"}
    whole: dict[str, Any] = sections | {
        "root": root,
        "var": var,
        "nlu": folders | sections.get("nlu", {}),
        "care": {key: shop[key] for key in ("zone", "language") if key in shop} | sections.get("care", {}),
        "terminal": {"address_file": var / "terminal.json"} | sections.get("terminal", {}),
    }
    off = [one for one, keys in _TURNED_ON_BY.items() if not any(sections.get(one, {}).get(key) for key in keys)]
    for channel in off:
        if channel in sections:
            described = {key: value for key, value in sections[channel].items() if value not in (None, "")}
            whole[channel] = _STAND_INS[channel] | described
    try:
        settings = Settings.model_validate(with_seconds_read(whole, Settings))
    except ValidationError as exc:
        raise SettingsError(_explain(exc, name, places or {})) from None
    url = settings.store.url
    if not settings.store.is_shared:
        url = f"sqlite:///{root / url.removeprefix('sqlite:///')}"
    return settings.model_copy(update={"store": StoreSettings(url=url), **dict.fromkeys(off)})


def _section(given: dict[str, Any], section: str, name: str) -> dict[str, Any]:
    """Return a section, to be changed; one that is not there, or stands empty, is added."""
    content = given.get(section)
    if content is None:
        content = given[section] = {}
    if not isinstance(content, dict):
        raise SettingsError(f"{name}: {section}: has to hold keys and values, not a {type(content).__name__}")
    return content


def _keep_secrets_out(given: Mapping[str, Any], name: str) -> None:
    for variable, (section, key) in _SECRETS.items():
        if isinstance(content := given.get(section), dict) and key in content:
            raise SettingsError(
                f"{name}: {section}.{key}: a secret does not belong into a file; take it out and set {variable}"
            )


def _keep_password_out(given: Mapping[str, Any], name: str) -> None:
    content = given.get("store")
    url = content.get("url") if isinstance(content, dict) else None
    if isinstance(url, str) and re.match(r"postgres(ql)?://[^/@]*:[^/@]+@", url):
        raise SettingsError(
            f"{name}: store.url: a password does not belong into a file; take it out and set SHUKE_STORE__URL, "
            "or PGPASSWORD"
        )


def _lay_over(given: dict[str, Any], path: Path) -> dict[str, str]:
    """Lay the shop's own settings over ``given``; return by which file each key of theirs came."""
    name = f"{OVERLAY}/{path.name}"
    theirs = read_config(path, must_exist=False, name=name)
    _keep_secrets_out(theirs, name)
    _keep_password_out(theirs, name)
    places = {}
    for section in theirs:
        if section == "var":
            given[section] = theirs[section]
            continue
        content = _section(theirs, section, name)
        if section not in given:
            places[section] = name
        _section(given, section, CONFIG).update(content)
        places |= {f"{section}.{key}": name for key in content}
    return places


def _merge_environment(given: dict[str, Any], environment: Mapping[str, str], name: str) -> dict[str, str]:
    """Lay the environment over the file; return which variable each key came from."""
    places = {}
    for variable, (section, key) in _SECRETS.items():
        if environment.get(variable):
            _section(given, section, name)[key] = SecretStr(environment[variable])
            places[f"{section}.{key}"] = variable
    for variable, value in environment.items():
        prefix, _, rest = variable.partition("_")
        section, *keys = rest.lower().split("__")
        if prefix == "SHUKE" and keys:
            at = _section(given, section, name)
            for key in keys[:-1]:
                at = _section(at, key, name)
            at[keys[-1]] = value
            places[f"{section}.{keys[0]}"] = places[section] = variable
    return places


def _explain(error: ValidationError, name: str, places: Mapping[str, str]) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    keys = [str(part) for part in first["loc"]]
    key = ".".join(keys)
    place = places.get(".".join(keys[:2]))
    what = f"{place}: {key}" if place else f"{name}: {key}"
    if first["type"] == "missing":
        variable = next((name for name, (section, of) in _SECRETS.items() if [section, of] == keys), None)
        return f"{what}: is missing; set {variable}" if variable else f"{what}: is missing; add it"
    if first["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        known = _known_keys(keys[:-1])
        near = difflib.get_close_matches(keys[-1], known, 1)
        mend = f"did you mean {near[0]}?" if near else f"known here: {', '.join(known)}"
        return f"{what}: there is no such key; {mend}"
    if first["type"] in ("time_delta_parsing", "time_delta_type"):
        return f"{what}: {MEND}"
    return f"{what}: {first['msg'].removeprefix('Value error, ')}"


def _known_keys(path: list[str]) -> list[str]:
    model: Any = Settings
    for part in path:
        annotation = model.__pydantic_fields__[part].annotation
        candidates = (annotation, *getattr(annotation, "__args__", ()))
        model = next(one for one in candidates if hasattr(one, "__pydantic_fields__"))
    return sorted(set(model.__pydantic_fields__) - {"root"})
