"""What an operator does when a customer asks: export, erasure, and a restore after it."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from crm_store import agents, audit, customers, sealing, search_index
from crm_store.privacy.erasing import is_erased
from crm_store.privacy.ledger import KEY_FILE, LEDGER_FILE
from crm_store.unit_of_work import Store
from nlu.forgetting import MARK
from tests.crm_store.people import NOW, a_customer
from tests.crm_store.planting import CANARY, WHO, plant
from tests.operations.conftest import Shuke

pytestmark = pytest.mark.usefixtures("planted")


@pytest.fixture
def planted(database: Path) -> None:
    with closing(Store(f"sqlite:///{database}")) as store:
        store.run_now(agents.ensure, "li", now=NOW)
        store.run_now(a_customer, "ben", name="Ben")
        store.run_now(plant)
        while store.run_now(search_index.catch_up):
            pass


def holding(folder: Path) -> list[str]:
    """Return the files that hold the planted word."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()
    )  # fmt: skip


def done_by(database: Path) -> list[tuple[str, str]]:
    with closing(Store(f"sqlite:///{database}")) as store:
        return [(one.by.partition(":")[0], one.action) for one in store.read_now(audit.latest)]


class TestExport:
    def test_all_that_is_known_is_written_for_its_owner_alone_and_audited(
        self, shuke: Shuke, root: Path, database: Path
    ) -> None:
        ended = shuke("export", "customer", WHO, "--out", str(root / "who.json"))

        assert ended.code == 0, ended.err
        assert CANARY not in ended.out
        assert stat.S_IMODE((root / "who.json").stat().st_mode) == 0o600
        assert json.loads((root / "who.json").read_text())["held"]["customers"][0]["id"] == WHO
        assert ("user", "export_customer") in done_by(database)

    def test_a_file_that_is_there_is_not_overwritten(self, shuke: Shuke, root: Path) -> None:
        (root / "who.json").write_text("precious")

        ended = shuke("export", "customer", WHO, "--out", str(root / "who.json"))

        assert ended.code == 2
        assert "name another file by --out" in ended.err
        assert (root / "who.json").read_text() == "precious"

    def test_without_a_place_it_goes_among_the_exports(self, shuke: Shuke, root: Path) -> None:
        told = shuke("--json", "export", "customer", WHO).json

        assert Path(told["file"]).parent == root / "var/exports"
        assert stat.S_IMODE((root / "var/exports").stat().st_mode) == 0o700


class TestErasure:
    def test_the_word_is_found_nowhere_after_it_and_the_proof_says_what_was_done(
        self, shuke: Shuke, root: Path, database: Path
    ) -> None:
        shuke("export", "customer", WHO)
        assert len(holding(root)) >= 2

        ended = shuke("erase", "customer", WHO)

        assert ended.code == 0, ended.err
        assert holding(root) == []
        assert ended.json["files"]["database"] == "rewritten"
        assert len(ended.json["files"]["exports_deleted"]) == 1
        assert ended.json["kept"]["orders"] == 2
        assert ("user", "erase_customer") in done_by(database)
        for name in (KEY_FILE, LEDGER_FILE):
            assert stat.S_IMODE((root / "var" / name).stat().st_mode) == 0o600

    def test_the_books_are_in_order_after_it(self, shuke: Shuke) -> None:
        before = shuke("--json", "db", "check").json

        shuke("erase", "customer", WHO)

        after = shuke("--json", "db", "check").json
        assert [find for find in after if find not in before] == []

    def test_training_rows_from_their_messages_go_and_models_are_marked(
        self, shuke: Shuke, root: Path, database: Path
    ) -> None:
        with closing(Store(f"sqlite:///{database}")) as store:
            ref = "01KB2M8QY5T6ZC3X9V7N4R1S0D"
            store.run_now(lambda conn: conn.exec_driver_sql(
                "INSERT INTO history (ref, at, customer_id, kind, by) VALUES (?, '2026-01-01', ?, 'message.in', 'x')",
                (ref, WHO),
            ))  # fmt: skip
        data, model = root / "shop/nlu/data/more.yml", root / "var/models/0123.tar.gz"
        for path in (data, model):
            path.parent.mkdir(parents=True)
        data.write_text(f"    - {CANARY}  # from {ref}\n    - 别人说的  # from 01KB2M8QY5T6ZC3X9V7N4R1S0E\n")
        model.write_bytes(b"")

        proof = shuke("erase", "customer", WHO).json

        assert (proof["files"]["training_rows_removed"], proof["files"]["models_to_retrain"]) == (1, True)
        assert "别人说的" in data.read_text()
        assert model.with_name(model.name + MARK).exists()
        assert holding(root) == []

    def test_a_backup_from_before_brings_nobody_back(self, shuke: Shuke, root: Path, database: Path) -> None:
        kept = root.parent / f"{root.name}-kept.db"
        shuke("db", "backup", str(kept))
        shuke("erase", "customer", WHO)

        ended = shuke("db", "restore", str(kept))

        assert ended.code == 0, ended.err
        assert f"erased again: {WHO}" in ended.out
        assert holding(root) == []
        with closing(Store(f"sqlite:///{database}")) as store:
            assert store.read_now(is_erased, WHO)
            assert not store.read_now(is_erased, "ben")

    def test_it_brings_nobody_back_where_the_database_is_lost(self, shuke: Shuke, root: Path, database: Path) -> None:
        kept = root.parent / f"{root.name}-kept.db"
        shuke("db", "backup", str(kept))
        shuke("erase", "customer", WHO)
        database.unlink()

        assert f"erased again: {WHO}" in shuke("db", "restore", str(kept)).out
        assert holding(root) == []

    def test_a_restore_with_another_key_is_refused_and_says_the_mend(self, shuke: Shuke, root: Path) -> None:
        kept = root.parent / f"{root.name}-kept.db"
        shuke("db", "backup", str(kept))
        shuke("erase", "customer", WHO)
        (root / "var" / KEY_FILE).unlink()

        ended = shuke("db", "restore", str(kept))

        assert ended.code == 2
        assert KEY_FILE in ended.err
        assert "replaced" not in str(list((root / "var").iterdir()))

    def test_erased_again_changes_nothing(self, shuke: Shuke) -> None:
        first = shuke("erase", "customer", WHO).json

        assert shuke("erase", "customer", WHO).json["sha256"] == first["sha256"]

    def test_nobody_is_erased_by_a_wrong_name(self, shuke: Shuke) -> None:
        ended = shuke("erase", "customer", "nobody")

        assert ended.code == 2
        assert "no such customer" in ended.err


def test_a_look_at_a_customers_page_is_audited(shuke: Shuke, database: Path) -> None:
    shuke("customer", "show", "ben")

    assert done_by(database)[0] == ("user", "see_customer")


def test_a_dry_run_of_retention_says_what_would_go_and_the_command_lets_it_go(shuke: Shuke, database: Path) -> None:
    with closing(Store(f"sqlite:///{database}")) as store:
        store.run_now(audit.record, at=NOW.replace(year=2001), by="user:x", action="see_customer", customer_id="ben")
        store.run_now(lambda conn: conn.exec_driver_sql("UPDATE outbox SET status = 'sent', created_at = '2001-01-01'"))

    told = shuke("--json", "privacy", "retention", "--dry-run").json
    gone = shuke("--json", "privacy", "retention").json

    assert told["outbox"] == gone["outbox"] == 2
    assert shuke("--json", "privacy", "retention", "--dry-run").json["outbox"] == 0
    assert ("user", "retain") in done_by(database)
    assert "kept for 90 days" in shuke("privacy", "retention", "--dry-run").out


@pytest.fixture
def no_key_afterwards() -> Iterator[None]:
    yield
    sealing.use(())


@pytest.mark.usefixtures("no_key_afterwards")
def test_phones_are_sealed_by_a_command_and_nothing_runs_half_sealed(
    shuke: Shuke, root: Path, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = "+8613912345678"
    with closing(Store(f"sqlite:///{database}")) as store:
        store.run_now(customers.change, "ben", phone=phone)
    monkeypatch.setenv("SHUKE_PRIVACY_STORE_KEY", shuke("db", "seal", "--new-key").out.strip())

    refused = shuke("customer", "show", "ben")
    sealed = shuke("db", "seal")
    shown = shuke("customer", "show", "ben")

    assert refused.code == 2
    assert "./shuke db seal" in refused.err
    assert sealed.code == 0, sealed.err
    assert shown.json["phone"] == phone
    assert [path for path in (root / "var").iterdir() if phone.encode() in path.read_bytes()] == []
