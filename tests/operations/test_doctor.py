"""`shuke doctor`: each check says when all is well and when not, with the mend."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.channels.telegram.client import build_bot
from bot.channels.telegram.settings import TelegramSettings
from bot.channels.wechat.client import WechatClient
from bot.commands import doctor as command
from bot.doctor import channels, machine, memory, understanding
from bot.doctor.finding import Finding
from bot.monitoring import Late
from bot.web import build_app
from crm_store import holidays, schema
from crm_store.figures import Figures, Waiting
from crm_store.imports.journal import ImportRun
from crm_store.ports import VirtualClock
from crm_store.unit_of_work import Store
from nlu.settings import NluSettings
from tests.bot.commands import Shuke
from tests.channels.wechat.conftest import settings_for
from tests.servers.telegram_api import TelegramApi
from tests.servers.web import serving
from tests.servers.wechat_api import WechatApi

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
LATE = Late(inbox=timedelta(minutes=5), outbox=timedelta(minutes=5))
NOBODY = Waiting(0, None)


def figures(**more: Any) -> Figures:
    given: dict[str, Any] = {"inbox": NOBODY, "outbox": {}, "overdue": None, "queue": NOBODY, "paused": frozenset()}
    return Figures(**given | more)


def lock(folder: Path) -> Path:
    path = folder / "app.lock"
    pinned = (
        "httpx==0.28.1",
        "    --hash=sha256:00",
        "psycopg[binary]==3.3",
        "colorama==0.4 ; sys_platform == 'win32'",
    )
    path.write_text(" \\\n".join(pinned))
    return path


CHECKS: dict[str, tuple[Callable[[Path], Finding], str, str]] = {
    "nobody erased": (lambda _: memory.privacy_key([], None, is_shared=False, is_set=False), "ok", "nobody"),
    "one key": (lambda _: memory.privacy_key(["a1"], "a1", is_shared=True, is_set=True), "ok", "1 in use"),
    "another key": (
        lambda _: memory.privacy_key(["a1", "b2"], "b2", is_shared=True, is_set=True), "problem", "SHUKE_PRIVACY_KEY",
    ),
    "a lost key": (lambda _: memory.privacy_key(["a1"], None, is_shared=False, is_set=False), "problem", "another key"),
    "a key of its own": (
        lambda _: memory.privacy_key(["a1"], "a1", is_shared=True, is_set=False), "warning", "same on every machine",
    ),
    "a python of today": (lambda _: machine.python((3, 12, 7)), "ok", "3.12.7"),
    "an old python": (lambda _: machine.python((3, 11, 9)), "problem", "3.11.9 is too old; call ./shuke"),
    "packages of the lock": (
        lambda at: machine.packages(lock(at), {"httpx": "0.28.1", "psycopg": "3.3"}.get), "ok", "as app.lock says",
    ),
    "packages of another time": (
        lambda at: machine.packages(lock(at), {"httpx": "0.27"}.get), "problem",
        "httpx is 0.27 instead of 0.28.1, psycopg is missing instead of 3.3; call ./shuke",
    ),
    "no lock": (lambda at: machine.packages(at / "app.lock", str), "warning", "is not there to compare with"),
    "room": (lambda at: machine.disk(at, 9_000_000_000), "ok", "9.0 GB free"),
    "little room": (lambda at: machine.disk(at, 1_999_999_999), "warning", "2.0 GB free"),
    "no room": (lambda at: machine.disk(at, 499_999_999), "problem", "0.5 GB free"),
    "zones": (lambda _: machine.zones(["Asia/Shanghai"], "2026.1", 2026), "ok", "data 2026.1"),
    "an unknown zone": (lambda _: machine.zones(["Mars/Base"], "2026.1", 2026), "problem", "Mars/Base is not known"),
    "old zones": (lambda _: machine.zones(["UTC"], "2024.2", 2026), "warning", "the data is of 2024"),
    "any port": (lambda _: machine.port("web", "127.0.0.1", 0), "ok", "any free one"),
    "our own clock": (lambda _: machine.clock(None), "ok", "the database has this machine's"),
    "clocks together": (lambda _: machine.clock(timedelta(seconds=-1)), "ok", "1.0 s away"),
    "clocks apart": (lambda _: machine.clock(timedelta(seconds=-5)), "warning", "5.0 s away"),
    "clocks far apart": (lambda _: machine.clock(timedelta(seconds=31)), "problem", "31.0 s away"),
    "nothing stuck": (
        lambda _: memory.queues(figures(inbox=Waiting(1, NOW - timedelta(minutes=4))), NOW, LATE), "ok", "1 to handle",
    ),
    "a stuck inbox": (
        lambda _: memory.queues(figures(inbox=Waiting(3, NOW - timedelta(minutes=9))), NOW, LATE), "problem",
        "3 messages are not handled, the oldest for 9 min",
    ),
    "a stuck outbox": (
        lambda _: memory.queues(figures(overdue=NOW - timedelta(minutes=6)), NOW, LATE), "problem", "to leave for 6",
    ),
    "nothing given up": (lambda _: memory.dead(0, None, NOW), "ok", "none in the last 7 days"),
    "given up long ago": (lambda _: memory.dead(2, NOW - timedelta(days=8), NOW), "ok", "2 messages ever"),
    "given up lately": (lambda _: memory.dead(2, NOW - timedelta(days=2), NOW), "warning", "the last on 2026-11-20"),
    "nothing paused": (lambda _: memory.paused(frozenset()), "ok", "nothing"),
    "care paused": (lambda _: memory.paused(frozenset(["care"])), "warning", "care is paused; ./shuke resume"),
    "no half import": (lambda _: memory.imports([])[0], "ok", "none was stopped half-way"),
    "half an import": (
        lambda _: memory.imports([ImportRun(kind="orders", file="o.csv", rows=1000)])[0], "warning",
        "o.csv has been imported up to row 1,000 and no further; call ./shuke import orders",
    ),
    "backed up": (lambda _: memory.backed_up(NOW - timedelta(days=6), NOW), "ok", "taken 2026-11-16"),
    "backed up long ago": (lambda _: memory.backed_up(NOW - timedelta(days=9), NOW), "warning", "9 days old"),
    "never backed up": (lambda _: memory.backed_up(None, NOW), "warning", "none was taken yet"),
    "no database": (lambda at: memory.database(f"sqlite:///{at}/no.db"), "warning", "there is none yet; ./shuke up"),
    "holidays known": (lambda _: understanding.holidays(date(2026, 12, 1), True), "ok", "2027: known"),
    "holidays not due": (lambda _: understanding.holidays(date(2026, 11, 30), False), "ok", "not published yet"),
    "holidays missing": (lambda _: understanding.holidays(date(2026, 12, 1), False), "warning", "holidays of 2027"),
}  # fmt: skip


@pytest.mark.parametrize("name", CHECKS)
def test_each_check_tells_well_from_ill(tmp_path: Path, name: str) -> None:
    look, state, told = CHECKS[name]

    found = look(tmp_path)

    assert found.state == state, found
    assert told in f"{found.told}; {found.mend}"
    assert bool(found.mend) == (state != "ok")


class TestPermissions:
    def test_a_folder_of_its_owner_alone_is_fine(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o700)

        assert [one.state for one in machine.permissions(tmp_path, [])] == ["ok"]

    def test_customers_data_that_others_may_look_into_is_warned_of(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o755)

        [found] = machine.permissions(tmp_path, [])
        assert (found.state, found.mend) == ("warning", f"chmod 700 {tmp_path}")

    def test_settings_that_everybody_may_write_are_a_problem(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o700)
        config = tmp_path / "config.yml"
        config.touch()
        config.chmod(0o666)

        [found] = machine.permissions(tmp_path, [config, tmp_path / "not-there"])
        assert (found.state, found.mend) == ("problem", f"chmod o-w {config}")


class TestPorts:
    def test_a_free_one_is_free_and_one_that_others_hold_is_a_problem(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as held:
            number = held.getsockname()[1]
            taken = machine.port("web", "192.0.2.1", number)
        free = machine.port("web", "127.0.0.1", number)

        assert (taken.state, free.state) == ("problem", "ok")
        assert "set web.port" in taken.mend

    async def test_one_that_a_running_shuke_answers_is_ours(self, database: Path) -> None:
        with closing(Store(f"sqlite:///{database}")) as store:
            async with serving(build_app(store, nlu_ready=lambda: True)) as address:
                found = await asyncio.to_thread(machine.port, "web", "127.0.0.1", int(address.rpartition(":")[2]))

        assert found.told.endswith("is answered by a running Shuke"), found


class TestDatabase:
    def test_one_at_the_newest_form_is_well(self, database: Path) -> None:
        assert memory.database(f"sqlite:///{database}").state == "ok"

    def test_an_older_form_wants_an_upgrade_and_a_newer_one_another_program(self, database: Path) -> None:
        url = f"sqlite:///{database}"
        schema.downgrade(url, "0001")
        older = memory.database(url)
        with closing(Store(url)) as store:
            store.run_now(lambda conn: conn.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'"))
        newer = memory.database(url)

        assert (older.state, older.mend) == ("warning", "./shuke upgrade")
        assert (newer.state, "newer Shuke" in newer.mend) == ("problem", True)

    def test_a_damaged_one_and_one_that_does_not_answer_are_problems_that_tell_no_password(
        self, database: Path
    ) -> None:
        database.write_bytes(b"burnt" * 999)
        burnt = memory.database(f"sqlite:///{database}")
        away = memory.database("postgresql://shop:geheim@127.0.0.1:1/tea")

        assert (burnt.state, away.state) == ("problem", "problem")
        assert "geheim" not in str(away)

    def test_the_clock_is_compared_on_postgresql(self, postgres_url: str) -> None:
        apart = memory.apart(postgres_url, datetime.now(UTC) - timedelta(minutes=10))

        assert apart is not None
        assert machine.clock(apart).state == "problem"


class TestUnderstanding:
    def test_without_environment_or_model_it_says_who_answers(self, tmp_path: Path) -> None:
        given = NluSettings(rasa_python=tmp_path / "python", models=tmp_path)

        assert [one.state for one in understanding.rasa(given)] == ["warning", "warning"]

    def test_with_both_all_is_well_until_the_data_changes(self, tmp_path: Path) -> None:
        (tmp_path / "python").touch()
        given = NluSettings(rasa_python=tmp_path / "python", models=tmp_path, overlay=tmp_path / "nlu")
        key = understanding.model_key(given.rasa_folder, given.overlay)
        (tmp_path / f"{key}.tar.gz").touch()
        before = [one.state for one in understanding.rasa(given)]
        (tmp_path / "nlu/data").mkdir(parents=True)
        (tmp_path / "nlu/data/ours.yml").write_text("nlu: []")

        assert before == ["ok", "ok"]
        assert [one.state for one in understanding.rasa(given)] == ["ok", "warning"]

    def test_the_holidays_of_a_published_year_are_known(self) -> None:
        assert holidays.published(2026)
        assert not holidays.published(2100)


class TestTelegram:
    @pytest.fixture
    async def api(self) -> AsyncIterator[TelegramApi]:
        async with TelegramApi() as server:
            yield server

    async def ask(self, api: TelegramApi, **more: Any) -> Finding:
        given = {"token": SecretStr(api.token), "api_base_url": api.url} | more
        settings = TelegramSettings(**given)
        bot = build_bot(settings)
        try:
            return await channels.telegram(settings, bot)
        finally:
            for request in bot._request:
                await request.shutdown()

    async def test_a_bot_that_is_known_is_named(self, api: TelegramApi) -> None:
        found = await self.ask(api)

        assert found.state == "ok"
        assert found.told.startswith("is @")

    async def test_a_webhook_that_leads_elsewhere_is_a_problem(self, api: TelegramApi) -> None:
        hook = {"mode": "webhook", "webhook_url": "https://shop.example/hooks/telegram"}
        found = await self.ask(api, webhook_secret=SecretStr("a-secret-of-the-test-0"), **hook)

        assert (found.state, "calls another address" in found.told) == ("problem", True)

    async def test_a_token_that_telegram_rejects_is_a_problem_and_not_told(self, api: TelegramApi) -> None:
        found = await self.ask(api, token=SecretStr("7000000001:AAnot-the-token-of-this-bot-0000000"))

        assert found.state == "problem"
        assert "AAnot" not in str(found)

    async def test_without_a_token_there_is_nothing_to_ask(self) -> None:
        assert (await channels.telegram(None, None)).state == "ok"


class TestWechat:
    @pytest.mark.parametrize(
        ("secret", "state", "told"), [(None, "ok", "gives a token"), ("f" * 32, "problem", "gives no token")]
    )
    async def test_an_account_that_gives_a_token_is_well_and_a_wrong_secret_a_problem(
        self, database: Path, secret: str | None, state: str, told: str
    ) -> None:
        clock = VirtualClock(NOW)
        async with WechatApi(clock) as api:
            more = {"app_secret": SecretStr(secret)} if secret else {}
            with closing(Store(f"sqlite:///{database}")) as store:
                client = WechatClient(settings_for(api, **more), store, clock, by="doctor")
                found = await channels.wechat(client)
                await client.stop()

        assert (found.state, found.told) == (state, told)
        assert bool(found.mend) == (state == "problem")

    async def test_a_wechat_that_is_away_is_a_problem(self, database: Path) -> None:
        clock = VirtualClock(NOW)
        async with WechatApi(clock) as api:
            settings = settings_for(api)
        with closing(Store(f"sqlite:///{database}")) as store:
            client = WechatClient(settings, store, clock, by="doctor")
            found = await channels.wechat(client)
            await client.stop()

        assert found.state == "problem"

    async def test_without_an_account_there_is_nothing_to_ask(self) -> None:
        assert (await channels.wechat(None)).state == "ok"


class TestTheCommand:
    def test_an_installation_in_order_ends_with_0_and_a_line_each(
        self, database: Path, root: Path, shuke: Shuke, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SHUKE_WEB__PORT", "0")
        shuke("db", "backup", str(root / "kept.db"))

        ended = shuke("doctor", "--channels")

        assert ended.code == 0, ended.out
        lines = ended.out.splitlines()
        assert all(line.split()[0] in ("ok", "warning") for line in lines)
        checks = {line[9:].partition(":")[0] for line in lines}
        assert checks >= {"python", "database", "queues", "backup", "model", "holidays", "telegram", "clock", "disk"}
        assert [line for line in lines if line.startswith("ok") and "backup: taken" in line]

    def test_a_problem_ends_with_1(self, database: Path, shuke: Shuke) -> None:
        database.write_bytes(b"burnt" * 999)

        ended = shuke("--json", "doctor")

        assert ended.code == 1
        assert {"database"} == {one["check"] for one in ended.json if one["state"] == "problem"} - {"port web"}

    def test_settings_that_cannot_be_read_are_told_as_a_problem(self, root: Path, shuke: Shuke) -> None:
        (root / "config.yml").write_text("shop: {zone: Nowhere}\n")

        ended = shuke("doctor")

        assert ended.code == 1
        assert "problem  settings: config.yml: shop.zone: is no time zone" in ended.out

    def test_it_changes_nothing(self, database: Path, root: Path, shuke: Shuke) -> None:
        schema.downgrade(f"sqlite:///{database}", "0001")

        shuke("doctor")

        assert not schema.is_current(f"sqlite:///{database}")

    def test_a_database_that_breaks_in_between_is_told(
        self, database: Path, shuke: Shuke, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(command.memory, "database", lambda _: Finding("database", "ok", "answers"))
        schema.downgrade(f"sqlite:///{database}", "base")

        ended = shuke("doctor")

        assert ended.code == 1
        assert "problem  queues: cannot be read (OperationalError); ./shuke db check" in ended.out
