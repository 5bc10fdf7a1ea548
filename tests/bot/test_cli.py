"""The commands: what they print, what they refuse in one line, and how they end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.cli import app, global_options_first
from crm_store.imports import unfinished
from crm_store.outbox import outbox
from crm_store.switches import paused
from crm_store.unit_of_work import Store
from tests.bot.commands import Ended, Shuke, an_installation, given_database, shuke_in_process
from tests.bot.house import House, new_house

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def root(tmp_path: Path, migrated_database: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    given_database(tmp_path, migrated_database)
    return an_installation(tmp_path, monkeypatch)


@pytest.fixture
def shuke(root: Path, capsys: pytest.CaptureFixture[str]) -> Shuke:
    return shuke_in_process(capsys)


@pytest.fixture
def house(root: Path) -> Iterator[House]:
    """A house on the store that the commands use."""
    store = Store(f"sqlite:///{root / 'var/shuke.db'}", durable=False)
    yield new_house(store, root)
    store.close()


def refused(ended: Ended) -> str:
    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.count("\n") == 1
    assert ended.err.startswith("shuke: ")
    return ended.err.strip().removeprefix("shuke: ")


def commands(group: Any = app, *before: str) -> Iterator[tuple[str, ...]]:
    for one in group.registered_commands:
        yield (*before, one.name or one.callback.__name__.replace("_", "-").strip("-"))
    for one in group.registered_groups:
        yield from commands(one.typer_instance, *before, one.name)


@pytest.mark.parametrize("command", sorted(commands()), ids=" ".join)
def test_the_help_of_every_command_shows_an_example(shuke: Shuke, command: tuple[str, ...]) -> None:
    ended = shuke(*command, "--help")

    assert ended.code == 0
    assert re.search(rf"Example: .*\./shuke (?:--json )?{' '.join(command)}", ended.out)


class TestRefusals:
    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            (["foo"], "No such command 'foo'; shuke --help shows how it is called"),
            (["custmer"], "No such command 'custmer'"),
            (["pause", "foo"], "Invalid value for 'what'"),
            (["explain"], "Missing argument 'interaction'; shuke explain --help shows how it is called"),
            (["up", "--nul"], "No such option: --nul"),
            (["up", "--nlu", "x"], "--nlu x: use rasa or rules"),
            (["--store"], "Option '--store' requires an argument"),
            (["pause", "bot", "--store", "mysql://x"], "--store: store.url: has to be sqlite:/// and a path"),
            (["--config", "nowhere.yml", "pause", "bot"], "nowhere.yml: there is no such file; name one that is there"),
            (["care", "due", "--at", "noon"], "--at noon: is no time; write one such as 2026-11-23T09:00:00+08:00"),
            (["care", "due", "--at", "2026-11-23"], "--at 2026-11-23: has no time zone; write one such as"),
            (
                ["care", "due", "--at", "2026-11-29T12:00:00Z", "--since", "2026-11-29T12:00:00Z"],
                "--since 2026-11-29T12:00:00Z: has to lie before --at",
            ),
            (["care", "due", "--since", "noon"], "--since noon: is no time; write one such as"),
            (["customer", "show", "telegram:x"], "telegram:x: no such customer; give a customer_id, an internal id"),
            (
                ["explain", "01NONE"],
                "01NONE: no such message; `shuke agent NAME show CUSTOMER` has the ids of a customer's",
            ),
            (["agent", "li", "take"], "take: for which customer? Give a customer_id or CHANNEL:USER"),
            (["agent", "li", "take", "telegram:x"], "telegram:x: no such customer"),
            (["import", "customers", "nowhere.csv"], "nowhere.csv: cannot be opened"),
            (["flows", "graph", "nowhere"], "there is no flow nowhere; there are "),
        ],
    )
    def test_what_is_refused_is_told_in_one_line(self, shuke: Shuke, arguments: list[str], told: str) -> None:
        assert refused(shuke(*arguments)).startswith(told)

    def test_a_wrong_config_is_refused_by_every_command_that_reads_it(self, shuke: Shuke, root: Path) -> None:
        wrong = root / "wrong.yml"
        wrong.write_text("shop:\n  zoen: UTC\n")

        for command in (["pause", "bot"], ["up"], ["chat"], ["simulate"], ["flows", "check"], ["db", "upgrade"]):
            told = refused(shuke("--config", str(wrong), *command))
            assert told == "wrong.yml: shop.zoen: there is no such key; did you mean zone?"

    def test_the_demo_is_for_this_machine_alone(self, shuke: Shuke, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SHUKE_WEB__HOST", "0.0.0.0")

        assert refused(shuke("up", "--demo", "--nlu", "rules")).startswith("web.host: the demo is for this machine")

    def test_a_file_that_is_no_database_is_told_in_one_line(self, shuke: Shuke, root: Path) -> None:
        (root / "notes.txt").write_text("no database at all, but long enough for a header of one" * 3)

        ended = shuke("pause", "bot", "--store", f"sqlite:///{root / 'notes.txt'}")

        assert (ended.code, ended.out) == (1, "")
        assert ended.err == "shuke: the database does not answer: file is not a database\n"

    def test_asked_for_nothing_it_shows_the_commands(self, shuke: Shuke) -> None:
        ended = shuke()

        assert ended.code == 2
        assert "Commands:" in ended.out + ended.err


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (["customer", "show", "x", "--json"], ["--json", "customer", "show", "x"]),
        (["pause", "bot", "--store", "s"], ["--store", "s", "pause", "bot"]),
        (["pause", "--config=c", "bot"], ["--config=c", "pause", "bot"]),
        (["agent", "li", "--", "--json"], ["agent", "li", "--", "--json"]),
        (["pause", "--store"], ["--store", "pause"]),
        ([], []),
    ],
)
def test_global_options_may_stand_anywhere(written: list[str], meant: list[str]) -> None:
    assert global_options_first(written) == meant


def test_pause_and_resume_stop_the_bot_and_let_it_run(shuke: Shuke, house: House) -> None:
    assert shuke("pause", "bot").code == shuke("pause", "bot").code == 0
    assert house.read(paused) == {"bot"}

    assert shuke("resume", "bot").code == 0
    assert house.read(paused) == set()


def test_care_due_shows_what_the_gate_says(shuke: Shuke, root: Path) -> None:
    csv = "customer_id,name,birthday,marketing_consent,channel,channel_user_id\n"
    (root / "customers.csv").write_text(csv + "C1,Ana,--11-29,1,telegram,ana\nC2,Bo,--11-29,0,telegram,bo\n")
    assert shuke("import", "customers", str(root / "customers.csv")).code == 0

    rows = shuke("care", "due", "--at", "2026-11-29T12:00:00+08:00", "--json").json
    as_text = shuke("care", "due", "--at", "2026-11-29T12:00:00+08:00").out

    assert sorted((row["outcome"], row["reason"]) for row in rows) == [("send", None), ("skip", "no_consent")]
    assert sorted((row["customer"], row["name"]) for row in rows) == [("C1", "Ana"), ("C2", "Bo")]
    assert [line[-len("C1 Ana") :].strip() for line in as_text.splitlines()[:2]] == ["C1 Ana", "C2 Bo"]
    assert as_text.splitlines()[2:] == ["birthday: 1 send, 1 skip (no_consent)"]
    assert "nothing is due" in shuke("care", "due", "--at", "2026-11-30T12:00:00+08:00").out


def test_care_due_looks_as_far_back_as_it_is_told(shuke: Shuke, root: Path) -> None:
    csv = "customer_id,name,birthday,marketing_consent,channel,channel_user_id\n"
    (root / "customers.csv").write_text(csv + "C1,Ana,--11-27,1,telegram,ana\nC2,Bo,--11-29,1,telegram,bo\n")
    shuke("import", "customers", str(root / "customers.csv"))

    def due(*options: str) -> list[str]:
        rows = shuke("care", "due", "--at", "2026-11-29T12:00:00+08:00", *options, "--json").json
        return [row["customer"] for row in rows]

    assert due() == ["C2"]
    assert due("--days", "3") == due("--since", "2026-11-27T00:00:00+08:00") == ["C1", "C2"]


class TestImport:
    ROWS = "customer_id,name,phone\nC1,Ana,13800001234\nC2,Bo,not a phone\n"

    def test_bad_rows_are_listed_by_line_and_good_ones_kept(self, shuke: Shuke, root: Path) -> None:
        file = root / "customers.csv"
        file.write_text(self.ROWS)

        ended = shuke("import", "customers", str(file))

        assert ended.code == 2
        assert "customers.csv:3: phone: " in ended.err
        assert ended.out.startswith("2 rows: 1 added, 0 changed, 0 unchanged, 1 refused")
        assert shuke("customer", "show", "C1").json["name"] == "Ana"

    def test_again_changes_nothing_and_a_dry_run_neither(self, shuke: Shuke, root: Path) -> None:
        file = root / "customers.csv"
        file.write_text(self.ROWS.rpartition("C2")[0])

        dry = shuke("import", "customers", str(file), "--dry-run")
        assert shuke("customer", "show", "C1").code == 2
        first = shuke("import", "customers", str(file), "--json")
        again = shuke("import", "customers", str(file), "--json")

        assert dry.out.startswith("1 rows: 1 would be added")
        assert (first.json["added"], again.json["added"], again.json["unchanged"]) == (1, 0, 1)

    def test_columns_without_a_place_are_named_though_nothing_was_refused(self, shuke: Shuke, root: Path) -> None:
        (root / "customers.csv").write_text("customer_id,allergy\nC1,nuts\n")
        (root / "points.csv").write_text("customer_id,points,till,clerk\nC1,5,north,Li\n")

        people = shuke("import", "customers", str(root / "customers.csv"))
        points = shuke("import", "points", str(root / "points.csv"))

        assert (people.code, points.code) == (0, 0)
        assert "not kept" not in people.out
        assert points.out.startswith("not kept, as points have no place for them: the columns till, clerk\n")

    @pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGINT], ids=["killed", "Ctrl-C"])
    def test_one_that_is_stopped_goes_on_where_it_was(self, shuke: Shuke, root: Path, stop: signal.Signals) -> None:
        file = root / "customers.csv"
        file.write_text("customer_id,name\n" + "".join(f"C{n},Ana\n" for n in range(6_000)))
        store = Store(f"sqlite:///{root / 'var/shuke.db'}")
        process = subprocess.Popen(
            [sys.executable, "-m", "bot.cli", "import", "customers", file], cwd=REPOSITORY, text=True,
            env={**os.environ, "SHUKE_ROOT": str(root)}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        while process.poll() is None and not any(run.rows for run in store.read_now(unfinished)):
            pass
        process.send_signal(stop)
        _, told = process.communicate(timeout=60)
        (left,) = store.read_now(unfinished)
        store.close()

        again = shuke("import", "customers", str(file))

        if stop is signal.SIGINT:
            assert process.returncode == 130
            assert told == (
                f"customers.csv: {left.rows:,} rows of these customers are in and the rest is not; "
                "call `shuke import customers` with that file again, and it goes on from there\n"
            )
        assert again.out.startswith(
            f"went on behind row {left.rows:,}, where it was stopped before\n6000 rows: 6000 added"
        )
        assert again.err == ""
        assert again.code == 0

    def test_what_is_refused_goes_to_a_file_to_mend(self, shuke: Shuke, root: Path) -> None:
        file, mend = root / "customers.csv", root / "mend.csv"
        file.write_text(self.ROWS)

        ended = shuke("import", "customers", str(file), "--refused", str(mend))
        mend.write_text(mend.read_text().replace("not a phone", "13800001235"))
        mended = shuke("import", "customers", str(mend))

        assert "1 refused rows are in" in ended.err
        assert mended.out.startswith("1 rows: 1 added")
        nowhere = shuke("import", "customers", str(file), "--refused", str(root / "no/mend.csv"))
        assert "mend.csv: cannot be written (No such file or directory); name a file that can" in nowhere.err


class TestConversations:
    @pytest.fixture
    async def ana(self, house: House) -> House:
        await house.says("ana", "I want to talk to a person")
        return house

    async def test_an_agent_sees_who_waits_takes_answers_hands_back_and_resolves(
        self, shuke: Shuke, ana: House
    ) -> None:
        assert "telegram:ana" in shuke("agent", "li").out
        [waits] = shuke("agent", "li", "queue", "--json").json
        assert (waits["customer"], waits["reason"]) == ("telegram:ana", "asked")
        assert waits["last_words"] == "I want to talk to a person"
        taken = shuke("agent", "li", "take", "telegram:ana").out
        assert taken.startswith("telegram:ana is yours, taken from the queue; the bot is silent until")
        assert "I want to talk to a person" in taken
        assert "nobody is waiting" in shuke("agent", "li", "queue").out
        answered = shuke("agent", "li", "reply", "telegram:ana", "您好 :x: [b]").out
        assert answered == "on its way to telegram:ana\n"
        assert "您好 :x: [b]" in shuke("agent", "li", "show", "telegram:ana").out
        assert ana.talk("ana").owner == "agent:li"
        assert shuke("agent", "li", "return", "telegram:ana").out.startswith("the bot has telegram:ana again")
        assert ana.talk("ana").owner == "bot"
        assert shuke("agent", "li", "resolve", "telegram:ana").out.startswith("no case was open; the bot has the")
        assert ana.rows(outbox)[-1].body == {"text": "您好 :x: [b]"}

    async def test_what_an_agent_may_not_do_is_refused_in_one_line(self, shuke: Shuke, ana: House) -> None:
        assert refused(shuke("agent", "li", "return", "telegram:ana")).startswith("the conversation is with queue, not")
        assert refused(shuke("agent", "li", "reply", "telegram:ana")) == 'a reply needs a text; add "text"'
        assert refused(shuke("agent", "li", "hug", "telegram:ana")).startswith("there is no action 'hug'; use one of")

    async def test_explain_says_why_for_what_came_in_and_what_went_out(self, shuke: Shuke, ana: House) -> None:
        came, went = ana.entries("message.in")[0].ref, ana.channel.sent[0].id

        for ref in (came, went):
            text, found = shuke("explain", ref).out, shuke("explain", ref, "--json").json
            assert "understood by rules: request_human_agent 1.00" in text
            assert "owner bot, flow " in text
            assert "  said " in text
            assert found["turn"]["understood"]["intent"] == "request_human_agent"
        assert shuke("explain", went, "--json").json["delivery"]["status"] == "sent"

    async def test_what_one_sees_of_a_message_is_enough_to_have_it_explained(self, shuke: Shuke, ana: House) -> None:
        ref = ana.entries("message.in")[0].ref
        [line] = [line for line in shuke("agent", "li", "show", "telegram:ana").out.splitlines() if "I want" in line]

        for name in (line.split()[-1], "telegram:ana"):
            assert shuke("explain", name, "--json").json["message"]["id"] == ref

    async def test_an_agent_sees_what_is_theirs_and_what_is_snoozed(self, shuke: Shuke, ana: House) -> None:
        assert shuke("agent", "li", "mine").out == "you have no conversation\n"
        shuke("agent", "li", "take", "telegram:ana")

        before = shuke("agent", "li", "mine").out
        snoozed = shuke("agent", "li", "snooze", "telegram:ana", "2100-01-05T18:00:00+08:00").out
        after, as_json = shuke("agent", "li", "mine").out, shuke("agent", "li", "mine", "--json").json

        assert before.startswith("telegram:ana")
        assert "I've asked a colleague" in before
        assert snoozed == "telegram:ana is snoozed until 01-05 18:00, or until they write\n"
        assert "snoozed until 01-05 18:00" in after
        assert [one["snoozed_until"] for one in as_json] == ["2100-01-05T10:00:00+00:00"]

    async def test_whoever_wrote_while_the_bot_was_paused_has_it_back_and_is_named(
        self, shuke: Shuke, house: House
    ) -> None:
        shuke("pause", "bot")
        await house.says("bo", "hello")

        assert "bot_paused" in shuke("agent", "li").out
        resumed = shuke("resume", "bot").out

        assert resumed.splitlines() == [
            "bot runs",
            "back with the bot: 1; what they wrote meanwhile has got no answer:",
            "  telegram:bo",
        ]
        assert len(await house.says("bo", "hello")) == 1

    async def test_a_message_that_no_turn_has_led_to_is_explained_too(self, shuke: Shuke, ana: House) -> None:
        shuke("agent", "li", "reply", "telegram:ana", "hello")

        ended = shuke("explain", ana.rows(outbox)[-1].ref)

        assert "agent:li: hello" in ended.out
        assert "no turn of the bot" in ended.out

    async def test_a_customers_page_is_shown_as_json_wherever_the_option_stands(self, shuke: Shuke, ana: House) -> None:
        page = shuke("customer", "show", "telegram:ana", "--json").json

        assert page == shuke("--json", "customer", "show", "telegram:ana").json
        assert page["identities"] == [{"channel": "telegram", "user_id": "ana", "verified": False}]
        said = [entry["text"] for entry in page["timeline"] if entry["kind"] == "message.in"]
        assert said == ["I want to talk to a person"]


def test_flows_are_checked_and_drawn(shuke: Shuke) -> None:
    assert "nothing to mend" in shuke("flows", "check").out
    assert shuke("flows", "graph", "track_order").out.startswith("flowchart")


def test_a_refusal_ends_the_process_with_2_one_line_and_no_traceback(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    wrong.write_text("web: {prot: 1}\n")

    ended = subprocess.run(
        [sys.executable, "-m", "bot.cli", "up", "--config", wrong],
        cwd=REPOSITORY, env={**os.environ, "SHUKE_ROOT": str(tmp_path)}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "shuke: wrong.yml: web.prot: there is no such key; did you mean port?\n"


@pytest.mark.parametrize("role", ["web", "poll", "worker", "clock"])
def test_a_role_alone_is_refused_on_sqlite(shuke: Shuke, role: str) -> None:
    refused = shuke("run", role)

    assert refused.code == 2
    assert f"SQLite is for one process; for shuke run {role} set postgresql://" in refused.err


def test_ctrl_c_while_the_command_is_still_being_read_in_ends_it_without_a_word(tmp_path: Path) -> None:
    # A library that never comes to the end of its import.
    (tmp_path / "typer.py").write_text("import signal\nprint('importing', flush=True)\nsignal.pause()\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "up"], cwd=tmp_path, text=True,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{REPOSITORY}"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.readline()

    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)

    assert (process.returncode, errors) == (130, "")
