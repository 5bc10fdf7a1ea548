"""config.yml and the environment: a mistake is refused by place, key and mend, and no secret is ever told."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.errors import SettingsError
from bot.settings import Settings, build, load

REPOSITORY = Path(__file__).parents[2]
TOKEN = "7000000001:AAthis-is-a-secret-of-the-test-0000000"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path


def written(root: Path, content: str | bytes) -> Path:
    path = root / "config.yml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def loaded(root: Path, content: str | bytes = "", *, store: str | None = None, **environment: str) -> Settings:
    return load(written(root, content), store=store, environment={"SHUKE_ROOT": str(root), **environment})


def refusal(root: Path, content: str | bytes = "", *, store: str | None = None, **environment: str) -> str:
    with pytest.raises(SettingsError) as refused:
        loaded(root, content, store=store, **environment)
    text = str(refused.value)
    assert "\n" not in text
    return text


def test_everything_has_a_default(root: Path) -> None:
    settings = load(environment={"SHUKE_ROOT": str(root)})

    assert settings.shop.zone == "Asia/Shanghai"
    assert settings.store.url == f"sqlite:///{root}/var/shuke.db"
    assert settings.nlu.models == root / "var/models"
    assert settings.terminal.address_file == root / "var/terminal.json"
    assert settings.telegram is None
    assert settings.secrets() == ()


def test_the_config_that_we_ship_says_the_defaults() -> None:
    shipped = load(REPOSITORY / "config.yml", environment={"SHUKE_ROOT": str(REPOSITORY)})

    assert shipped == build({}, root=REPOSITORY)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("shop:\n  zoen: UTC\n", "config.yml: shop.zoen: there is no such key; did you mean zone?"),
        ("shpo:\n  zone: UTC\n", "config.yml: shpo: there is no such key; did you mean shop?"),
        ("shop:\n  xyzzy: 1\n", "config.yml: shop.xyzzy: there is no such key; known here: currency, language,"),
        ("care:\n  most_a_dya: 1\n", "config.yml: care.most_a_dya: there is no such key; did you mean most_a_day?"),
        ("terminal:\n  prot: 1\n", "config.yml: terminal.prot: there is no such key; did you mean port?"),
        ("nlu:\n  dedline: 1\n", "config.yml: nlu.dedline: there is no such key; did you mean deadline?"),
        ("telegram:\n  mdoe: polling\n", "config.yml: telegram.mdoe: there is no such key; did you mean mode?"),
        ("root: /\n", "config.yml: root: there is no such key; the folder is where the command runs, or SHUKE_ROOT"),
        ("care:\n  most_a_day: -1\n", "config.yml: care.most_a_day: Input should be greater than or equal to 0"),
        ("care:\n  zone: Asia/Shangai\n", "config.yml: care.zone: is no time zone; write one such as"),
        ("care:\n  late_after: 0\n", "config.yml: care.late_after: Input should be greater than 0 seconds"),
        ("care:\n  language: fr\n", "config.yml: care.language: Input should be 'zh' or 'en'"),
        ("care:\n  care_at: 10:00Z\n", "config.yml: care.care_at: is the customer's own time of day; write one such"),
        ("shop:\n  zone: Asia/Shangai\n", "config.yml: shop.zone: is no time zone; write one such as Asia/Shanghai"),
        ("shop:\n  zone: ../etc\n", "config.yml: shop.zone: is no time zone; write one such as Asia/Shanghai"),
        ("shop:\n  order_no: '('\n", "config.yml: shop.order_no: is no regular expression: missing ), unterminated"),
        ("shop:\n  order_no: '\\d*'\n", "config.yml: shop.order_no: takes an empty text for an order number; let it"),
        ("shop:\n  region: NO\n", "config.yml: shop.region: Input should be a valid string"),
        ("web:\n  port: eighty\n", "config.yml: web.port: Input should be a valid integer"),
        ("web:\n  port: 65536\n", "config.yml: web.port: Input should be less than or equal to 65535"),
        ("work:\n  lease: soon\n", "config.yml: work.lease: is no duration; write seconds such as 2.5, or ISO"),
        ("work:\n  lease: -1\n", "config.yml: work.lease: Input should be greater than 0 seconds"),
        ("work:\n  sweep_every: .nan\n", "config.yml: work.sweep_every: is no duration; write seconds"),
        ("desk:\n  days: []\n", "config.yml: desk.days: Tuple should have at least 1 item"),
        ("desk:\n  days: [mon, tuesday]\n", "config.yml: desk.days.1: Input should be 'mon', 'tue'"),
        (
            "desk:\n  opens: 9\n",
            'config.yml: desk.opens: is a time of day where the shop is; write one such as "09:00"',
        ),
        ("desk:\n  opens: 22:00\n", "config.yml: desk: closes has to be later than opens, on the same day; 00:00 is"),
        ("store:\n  url: mysql://x\n", "config.yml: store.url: has to be sqlite:/// and a path, such as sqlite:///var"),
        ("terminal:\n  host: 0.0.0.0\n", "config.yml: terminal.host: is not a loopback address; use 127.0.0.1 or ::1"),
        ("shop: 5\n", "config.yml: shop: has to hold keys and values, not a int"),
        ("nlu: [a]\n", "config.yml: nlu: has to hold keys and values, not a list"),
        ("var: [a]\n", "config.yml: var: has to be the path of a folder"),
        ("7:\n  a: 1\n", "config.yml: 7: there is no such key; known here: care, console, desk, flows, log"),
    ],
)
def test_a_wrong_key_or_value_is_named_with_its_mend(root: Path, content: str, told: str) -> None:
    assert refusal(root, content).startswith(told)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("shop:\n  zone: [\n", "config.yml:3: is not YAML: "),
        ("shop:\n\tzone: UTC\n", "config.yml:2: is not YAML: "),
        ("shop:\n  zone: UTC\nweb:\n  port: 1\nshop:\n  zone: UTC\n", "config.yml:5: is not YAML: shop stands twice"),
        ("- shop\n", "config.yml:1: has to hold sections such as shop:, not a list"),
        ("shop", "config.yml:1: has to hold sections such as shop:, not a str"),
        ("shop:\n  currency: a\x07b\n", "config.yml:2: holds a character that YAML does not take; delete it"),
        ("!!python/object:os.system {}\n", "config.yml:1: is not YAML: could not determine a constructor"),
        (b"shop:\n  region: \xff\n", "config.yml: is not UTF-8 (byte 16); save it as UTF-8"),
    ],
)
def test_a_file_that_is_no_config_is_refused_by_its_line(root: Path, content: str | bytes, told: str) -> None:
    assert refusal(root, content).startswith(told)


def test_a_file_that_was_asked_for_has_to_be_there_and_readable(root: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.yml: there is no such file; name one that is there, or leave"):
        load(root / "nowhere.yml", environment={})
    with pytest.raises(SettingsError, match=r"cannot be read \(Is a directory\); give a file that you may read"):
        load(root, environment={})


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ("work:\n  lease: 0.5\n", timedelta(milliseconds=500)),
        ("work:\n  lease: 2\n", timedelta(seconds=2)),
        ("work:\n  lease: '2'\n", timedelta(seconds=2)),
        ("work:\n  lease: ' 2.5 '\n", timedelta(seconds=2.5)),
        ("work:\n  lease: PT1S\n", timedelta(seconds=1)),
        ("work:\n  lease: '00:01:30'\n", timedelta(seconds=90)),
        ("work:\n  lease: 00:01:30\n", timedelta(seconds=90)),
    ],
)
def test_durations_are_seconds_or_as_in_iso_8601(root: Path, content: str, shown: timedelta) -> None:
    assert loaded(root, content).work.lease == shown


def durations() -> list[str]:
    """Return every setting that is a duration, as section.key."""
    found = []
    for section, field in Settings.model_fields.items():
        kinds = (field.annotation, *getattr(field.annotation, "__args__", ()))
        for kind in kinds:
            fields = getattr(kind, "__pydantic_fields__", {})
            found += [f"{section}.{key}" for key, one in fields.items() if one.annotation is timedelta]
    return found


@pytest.mark.parametrize("setting", durations())
@pytest.mark.parametrize(
    ("text", "meant"), [("20", timedelta(seconds=20)), ("2.5", timedelta(seconds=2.5)), ("PT3S", timedelta(seconds=3))]
)
def test_every_duration_is_taken_as_plain_seconds_from_the_environment(
    root: Path, setting: str, text: str, meant: timedelta
) -> None:
    section, key = setting.split(".")
    there = {"SHUKE_TELEGRAM_TOKEN": TOKEN, "SHUKE_WECHAT_APP_SECRET": "0" * 32, "SHUKE_WECHAT_TOKEN": "abc"}
    there |= {"SHUKE_WECHAT__APP_ID": "wx0000", "SHUKE_WECHAT__MODE": "plain"}

    settings = loaded(root, **there, **{f"SHUKE_{section}__{key}".upper(): text})

    assert getattr(getattr(settings, section), key) == meant


@pytest.mark.parametrize("text", ["soon", "", "20s", "1e3", "٣", "nan", "0x10", "9" * 400])
def test_a_text_that_is_no_duration_is_refused_with_the_mend(root: Path, text: str) -> None:
    told = refusal(root, SHUKE_WORK__DRAIN=text)

    assert told == "SHUKE_WORK__DRAIN: work.drain: is no duration; write seconds such as 2.5, or ISO 8601 such as PT12H"


def test_the_bounds_of_a_duration_hold_for_seconds_in_a_text(root: Path) -> None:
    assert refusal(root, SHUKE_WORK__LEASE="0").startswith("SHUKE_WORK__LEASE: work.lease: Input should be greater")
    assert refusal(root, SHUKE_WORK__DRAIN="-1").startswith("SHUKE_WORK__DRAIN: work.drain: Input should be greater")


def test_a_number_in_a_text_stays_text_where_no_duration_is_meant(root: Path) -> None:
    assert loaded(root, SHUKE_SHOP__ORDER_NO="20").shop.order_no == "20"


def test_a_time_of_day_needs_no_quotes(root: Path) -> None:
    desk = loaded(root, "desk:\n  opens: 10:30\n  closes: 21:00\n").desk

    assert (desk.opens, desk.closes) == (time(10, 30), time(21))


def test_a_shop_may_be_open_until_midnight(root: Path) -> None:
    assert loaded(root, "desk:\n  opens: 00:00\n  closes: 00:00\n").desk.closes == time(0)


def test_the_desk_keeps_the_public_holidays_of_the_shops_region(root: Path) -> None:
    national_day = datetime(2026, 10, 1, 4, tzinfo=UTC)

    assert not loaded(root).desk_hours.staffed(national_day)
    assert loaded(root, "shop: {region: GB}").desk_hours.staffed(national_day)
    assert loaded(root, "desk: {holidays: none}").desk_hours.staffed(national_day)
    assert not loaded(root, "desk: {holidays: none, closed_on: [2026-10-01]}").desk_hours.staffed(national_day)


def test_how_soon_a_case_is_answered_is_set_by_priority_and_tier(root: Path) -> None:
    answers = loaded(root, "tickets: {normal: PT10H, tiers: {vip: 0.1}}").desk_hours.answers

    assert answers.of("normal", "vip")[0] == timedelta(hours=1)
    assert answers.of("normal", "gold") == (timedelta(hours=10),)
    assert "tickets.tiers.vip" in refusal(root, "tickets: {tiers: {vip: 1.5}}")


def test_sections_may_stand_empty(root: Path) -> None:
    assert loaded(root, "shop:\ndesk:\ntelegram:\n") == loaded(root)


def test_paths_start_at_the_root(root: Path) -> None:
    settings = loaded(root, "var: data\nnlu:\n  logs: /elsewhere\n  models: kept\nstore:\n  url: sqlite:///a.db\n")

    assert settings.nlu.logs == Path("/elsewhere")
    assert settings.nlu.models == root / "kept"
    assert settings.terminal.address_file == root / "data/terminal.json"
    assert settings.store.url == f"sqlite:///{root}/a.db"


def test_care_goes_by_the_shops_zone_and_language_unless_it_has_its_own(root: Path) -> None:
    shop = "shop:\n  zone: Europe/London\n  language: en\n"

    assert (loaded(root, shop).care.zone, loaded(root, shop).care.language) == ("Europe/London", "en")
    assert loaded(root, shop + "care:\n  zone: UTC\n").care.zone == "UTC"


def test_the_environment_wins_over_the_file(root: Path) -> None:
    content = "shop:\n  zone: UTC\n"

    settings = loaded(root, content, SHUKE_SHOP__ZONE="Europe/London", SHUKE_WORK__SWEEP_EVERY="PT2S", SHUKE_OTHER="x")

    assert settings.shop.zone == "Europe/London"
    assert settings.work.sweep_every == timedelta(seconds=2)


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("SHUKE_SHOP__ZOEN", "UTC", "SHUKE_SHOP__ZOEN: shop.zoen: there is no such key; did you mean zone?"),
        ("SHUKE_SHPO__ZONE", "UTC", "SHUKE_SHPO__ZONE: shpo: there is no such key; did you mean shop?"),
        ("SHUKE_WEB__PORT", "x", "SHUKE_WEB__PORT: web.port: Input should be a valid integer"),
        ("SHUKE_CARE__MOST_A_DAY", "-1", "SHUKE_CARE__MOST_A_DAY: care.most_a_day: Input should be greater"),
    ],
)
def test_a_mistake_in_the_environment_names_the_variable(root: Path, variable: str, value: str, told: str) -> None:
    assert refusal(root, **{variable: value}).startswith(told)


def test_the_store_option_wins_over_all_and_is_named_where_it_is_wrong(root: Path) -> None:
    chosen = loaded(root, store="sqlite:///b.db", SHUKE_STORE__URL="sqlite:///c.db")

    assert chosen.store.url == f"sqlite:///{root}/b.db"
    assert refusal(root, store="mysql://x").startswith("--store: store.url: has to be sqlite:/// and a path")


def test_a_bot_is_there_as_soon_as_its_token_is(root: Path) -> None:
    described = "telegram:\n  mode: webhook\n  webhook_url: https://shop.example/hooks/telegram\n"
    secret = "a-secret-of-the-test"

    settings = loaded(root, described, SHUKE_TELEGRAM_TOKEN=TOKEN, SHUKE_TELEGRAM_WEBHOOK_SECRET=secret)

    assert loaded(root, described).telegram is None
    assert settings.telegram is not None
    assert set(settings.secrets()) == {TOKEN, secret}


OFFICIAL_ACCOUNT = {
    "SHUKE_WECHAT__APP_ID": "wx0123456789abcdef", "SHUKE_WECHAT_APP_SECRET": "canary0123456789abcdef0123456789",
    "SHUKE_WECHAT_TOKEN": "canarytoken", "SHUKE_WECHAT_AES_KEY": "canary" + "A" * 37,
}  # fmt: skip


def test_an_official_account_is_there_as_soon_as_a_secret_of_it_is(root: Path) -> None:
    settings = loaded(root, **OFFICIAL_ACCOUNT)

    assert loaded(root, "wechat:\n  app_id: wx0123456789abcdef\n").wechat is None
    assert settings.wechat is not None
    assert settings.wechat.app_id == "wx0123456789abcdef"
    assert set(settings.secrets()) == {value for value in OFFICIAL_ACCOUNT.values() if value.startswith("canary")}
    assert "canary" not in repr(settings)


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("SHUKE_WECHAT__APP_ID", "", "wechat.app_id: String should match pattern"),
        ("SHUKE_WECHAT_APP_SECRET", "", "wechat.app_secret: is missing; set SHUKE_WECHAT_APP_SECRET"),
        ("SHUKE_WECHAT_TOKEN", "", "wechat.token: is missing; set SHUKE_WECHAT_TOKEN"),
        ("SHUKE_WECHAT_AES_KEY", "", "mode aes needs the EncodingAESKey; set SHUKE_WECHAT_AES_KEY, or mode: plain"),
        ("SHUKE_WECHAT_APP_SECRET", "canary secret", "SHUKE_WECHAT_APP_SECRET: wechat.app_secret: is no AppSecret"),
        ("SHUKE_WECHAT_TOKEN", "canary!", "SHUKE_WECHAT_TOKEN: wechat.token: is no Token; take 3 to 32 letters"),
        ("SHUKE_WECHAT_AES_KEY", "canary", "SHUKE_WECHAT_AES_KEY: wechat.aes_key: is no EncodingAESKey; copy it whole"),
        ("SHUKE_WECHAT__ACCOUNT", "canary", "SHUKE_WECHAT__ACCOUNT: wechat.account: String should match pattern"),
    ],
)
def test_what_is_wrong_with_an_official_account_is_named_with_its_mend(
    root: Path, variable: str, value: str, told: str
) -> None:
    refused = refusal(root, **OFFICIAL_ACCOUNT | {variable: value})

    assert told in refused
    assert "canary" not in refused


def test_a_missing_key_that_is_no_secret_is_to_be_added(root: Path) -> None:
    environment = {name: value for name, value in OFFICIAL_ACCOUNT.items() if name != "SHUKE_WECHAT__APP_ID"}

    assert "wechat.app_id: is missing; add it" in refusal(root, **environment)


@pytest.mark.parametrize("key", ["token", "webhook_secret"])
def test_a_secret_in_the_file_is_refused_and_not_repeated(root: Path, key: str) -> None:
    told = refusal(root, f"telegram:\n  {key}: {TOKEN}\n")

    assert told.startswith(f"config.yml: telegram.{key}: a secret does not belong into a file; take it out and set SHU")
    assert TOKEN not in told


@pytest.mark.parametrize(
    "environment",
    [
        {"SHUKE_TELEGRAM_TOKEN": f"{TOKEN} "},
        {"SHUKE_TELEGRAM_TOKEN": f"x{TOKEN}"},
        {"SHUKE_TELEGRAM_TOKEN": TOKEN, "SHUKE_TELEGRAM__MODE": "webhook"},
        {
            "SHUKE_TELEGRAM_TOKEN": TOKEN,
            "SHUKE_TELEGRAM__MODE": "webhook",
            "SHUKE_TELEGRAM__WEBHOOK_URL": "https://x",
            "SHUKE_TELEGRAM_WEBHOOK_SECRET": f"({TOKEN})",
        },
        {"SHUKE_TELEGRAM_TOKEN": TOKEN, "SHUKE_TELEGRAM__TOKNE": TOKEN},
    ],
)
def test_no_error_and_no_representation_tells_a_secret(root: Path, environment: dict[str, str]) -> None:
    told = refusal(root, **environment)
    shown = repr(loaded(root, SHUKE_TELEGRAM_TOKEN=TOKEN))

    assert "telegram" in told
    assert "AAthis-is-a-secret" not in told + shown


def test_settings_do_not_change_while_we_run(root: Path) -> None:
    settings: Any = loaded(root)

    with pytest.raises(ValueError, match="frozen"):
        settings.shop.zone = "UTC"
    with pytest.raises(ValueError, match="frozen"):
        settings.web = None


def test_the_shops_own_folder_is_laid_over_the_nlu_too_unless_another_is_named(root: Path) -> None:
    assert loaded(root).nlu.overlay == root / "shop/nlu"
    assert loaded(root, "nlu:\n  overlay: ours\n").nlu.overlay == root / "ours"


def test_a_store_on_postgresql_is_taken_as_it_stands(root: Path) -> None:
    settings = loaded(root, "store:\n  url: postgres://shuke@127.0.0.1:5433/shop\n")

    assert settings.store.url == "postgresql://shuke@127.0.0.1:5433/shop"
    assert settings.store.is_shared


def test_a_stores_password_comes_from_the_environment_and_is_a_secret(root: Path) -> None:
    by_environment = loaded(root, SHUKE_STORE__URL="postgresql://shuke:hunter2@db/shop")

    assert by_environment.secrets() == ("hunter2",)
    in_file = refusal(root, "store:\n  url: postgresql://shuke:hunter2@db/shop\n")
    assert in_file == (
        "config.yml: store.url: a password does not belong into a file; take it out and set SHUKE_STORE__URL, "
        "or PGPASSWORD"
    )


@pytest.mark.parametrize("url", ["postgresql://shuke@127.0.0.1", "postgresql://shuke@127.0.0.1:port/x"])
def test_a_store_that_is_no_database_is_refused_with_an_example(root: Path, url: str) -> None:
    assert "write one such as postgresql://shuke@127.0.0.1/shuke" in refusal(root, store=url)
