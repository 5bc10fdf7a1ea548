"""A customer who is erased is found nowhere any more; what the books add up to stays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, text, update

from crm_store import agents, customers, history, identities, search_index
from crm_store.conversations import conversations
from crm_store.models import metadata
from crm_store.outbox import outbox
from crm_store.ports import Ulids, VirtualClock
from crm_store.privacy import erasures, exporting, ledger, scrubbing
from crm_store.privacy.erasing import Erased, erase, is_erased
from crm_store.privacy.erasures import Hashes
from crm_store.privacy.fates import Nobodys
from crm_store.privacy.registry import REGISTRY
from crm_store.showing import customer_json
from crm_store.tickets import of_customer, open_ticket
from crm_store.unit_of_work import Store
from tests.crm_store.people import DESK, NOW, a_customer
from tests.crm_store.planting import CANARY, WHO, canaries, plant

HASHES = Hashes(b"a key of the tests")


@pytest.fixture
def planted(empty_store: Store) -> Store:
    empty_store.run_now(agents.ensure, "li", now=NOW)
    empty_store.run_now(a_customer, "ben", name="Ben")
    empty_store.run_now(plant)
    while empty_store.run_now(search_index.catch_up):
        pass
    return empty_store


def erase_now(store: Store, who: str = WHO, **how: Any) -> Erased:
    done = store.run_now(erase, who, by="user:me", hashes=HASHES, now=NOW, **how)
    assert done is not None
    return done


def everything(conn: Connection) -> str:
    """Every row of every table there is, the search index too, as one text."""
    on_postgres = conn.dialect.name == "postgresql"
    ask = (
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public'" if on_postgres
        else "SELECT name FROM sqlite_master WHERE type = 'table'"
    )  # fmt: skip
    names = [name for (name,) in conn.execute(text(ask))]
    return "\n".join(
        f"{name}: {[repr(tuple(row)) for row in conn.execute(text(f'SELECT * FROM {name}'))]}" for name in names
    )


def test_whatever_a_table_holds_of_a_customer_is_in_the_export(planted: Store) -> None:
    told = planted.read_now(exporting.export, WHO, now=NOW)

    somebodys = {name for name, belonging in REGISTRY.items() if not isinstance(belonging, Nobodys)}
    assert told["held"].keys() == somebodys
    assert json.loads(json.dumps(told))["page"]["id"] == WHO
    assert "Ben" not in json.dumps(told)


def test_a_planted_word_is_found_in_no_table_after_an_erasure(planted: Store) -> None:
    assert canaries(planted.read_now(everything)), "or nothing was planted"

    erase_now(planted)
    planted.run_now(search_index.scrub)

    assert canaries(planted.read_now(everything)) == []


def test_a_planted_word_is_found_nowhere_in_the_files_of_sqlite(planted: Store) -> None:
    if planted.is_shared:
        pytest.skip("PostgreSQL's files are its operator's")
    for _ in range(3):  # what was overwritten is in free pages
        planted.run_now(lambda conn: conn.execute(update(customers.customers).values(city=CANARY * 900)))
        planted.run_now(lambda conn: conn.execute(update(customers.customers).values(city=None)))

    erase_now(planted)
    outcome = scrubbing.scrub(planted, planted.url)

    file = Path(planted.url.removeprefix("sqlite:///"))
    assert outcome == "rewritten"
    for path in file.parent.iterdir():
        assert CANARY.encode() not in path.read_bytes(), path.name


def test_sums_counts_and_the_rows_of_others_stay(planted: Store) -> None:
    before = {name: planted.read_now(count, name) for name in metadata.tables}
    ben = planted.read_now(customer_json, "ben", NOW)

    proof = erase_now(planted).proof

    gone = set(proof["deleted"])
    after = {name: planted.read_now(count, name) for name in metadata.tables}
    changed = {name for name in before if before[name] != after[name]}
    assert changed == gone | {"audit", "erasures", "history_unindexed", "customer_terms"}
    assert proof["kept"]["points"] == 8
    assert proof["kept"]["orders"] == 2
    assert planted.read_now(customer_json, "ben", NOW) == ben


def count(conn: Connection, name: str) -> int:
    return len(conn.execute(select(metadata.tables[name])).all())


def test_what_waits_for_an_erased_customer_is_never_sent(planted: Store) -> None:
    erase_now(planted)

    rows = planted.read_now(lambda conn: conn.execute(select(outbox)).all())
    assert {row.status for row in rows} == {"skipped"}
    assert all(row.recipient.startswith(identities.ERASED) for row in rows)


def test_an_erasure_waits_for_the_turn_that_is_under_way(planted: Store) -> None:
    until = NOW.replace(hour=23)
    planted.run_now(
        lambda conn: conn.execute(
            update(conversations).where(conversations.c.customer_id == WHO).values(lease_owner="w", lease_until=until)
        )
    )

    refused = planted.run_now(erase, WHO, by="user:me", hashes=HASHES, now=NOW)
    later = planted.run_now(erase, WHO, by="user:me", hashes=HASHES, now=until.replace(minute=1))

    assert refused is None
    assert later is not None


def test_an_erasure_that_is_broken_off_has_not_begun(planted: Store) -> None:
    before = planted.read_now(everything)

    def killed(conn: Connection) -> None:
        erase(conn, WHO, by="user:me", hashes=HASHES, now=NOW)
        raise KeyError("killed")

    with pytest.raises(KeyError):
        planted.run_now(killed)

    assert planted.read_now(everything) == before


def test_who_was_erased_before_gets_the_proof_of_then(planted: Store) -> None:
    first = erase_now(planted)

    again = erase_now(planted)

    assert again.proof == first.proof
    assert len(planted.read_now(erasures.every)) == 1


def test_who_writes_again_is_a_new_stranger(planted: Store) -> None:
    user = planted.read_now(lambda conn: identities.of_customer(conn, WHO)[0].user_id)

    erase_now(planted)

    assert planted.read_now(identities.find, "telegram", user) is None
    assert planted.read_now(is_erased, WHO)


def test_a_ledger_finds_the_erased_in_a_database_from_before_and_nobody_else(planted: Store, tmp_path: Path) -> None:
    rows = [
        {"id": HASHES.of(WHO), "names": [HASHES.of(WHO)], "key": HASHES.name, "at": NOW, "by": "user:me",
         "proof": None, "finished_at": None}
    ]  # fmt: skip

    replayed = planted.run_now(ledger.replay, rows, hashes=HASHES, now=NOW)
    planted.run_now(search_index.scrub)

    assert replayed.erased == (WHO,)
    assert canaries(planted.read_now(everything)) == []
    assert not planted.read_now(is_erased, "ben")


def test_a_stranger_of_then_who_became_one_with_the_erased_is_erased_too(planted: Store) -> None:
    names = [HASHES.of(one) for one in ("somebody", "i-ben")]
    rows = [
        {"id": HASHES.of("somebody"), "names": names, "key": HASHES.name, "at": NOW, "by": "user:me", "proof": None,
         "finished_at": None}
    ]  # fmt: skip

    assert planted.run_now(ledger.replay, rows, hashes=HASHES, now=NOW).erased == ("ben",)


def test_a_customer_of_their_own_is_told_and_not_erased_for_an_identity_that_moved(planted: Store) -> None:
    planted.run_now(customers.change, "ben", customer_no="C7")
    rows = [
        {"id": HASHES.of("x"), "names": [HASHES.of("i-ben")], "key": HASHES.name, "at": NOW, "by": "user:me",
         "proof": None, "finished_at": None}
    ]  # fmt: skip

    replayed = planted.run_now(ledger.replay, rows, hashes=HASHES, now=NOW)

    assert (replayed.erased, replayed.to_look_at) == ((), ("ben",))


def test_events_keep_their_figures_and_codes_and_no_word(planted: Store) -> None:
    planted.run_now(
        history.record, at=NOW, kind="ticket.opened", by="bot", customer_id=WHO,
        data={"number": "T-1001", "category": "delivery", "summary": f"{CANARY} is late", "order_no": "a b"},
    )  # fmt: skip

    erase_now(planted)

    (entry,) = [one for one in planted.read_now(history.timeline, WHO) if one.kind == "ticket.opened"]
    assert entry.data == {"number": "T-1001", "category": "delivery"}


def test_the_ledger_file_tells_hashes_alone_and_takes_each_erasure_once(planted: Store, tmp_path: Path) -> None:
    erase_now(planted)
    path = tmp_path / "erasures.jsonl"

    for _ in range(2):
        ledger.write(path, planted.read_now(erasures.every))

    assert path.stat().st_mode & 0o777 == 0o600
    assert [one["id"] for one in ledger.read(path)] == [HASHES.of(WHO)]
    assert WHO not in json.dumps([one["names"] for one in ledger.read(path)])


def test_what_is_going_on_with_a_customer_ends(planted: Store) -> None:
    number = planted.run_now(
        open_ticket, customer_id=WHO, conversation_id=f"t-{WHO}", channel=None, category="delivery", priority="high",
        order_no=None, summary=CANARY, now=NOW, ids=Ulids(VirtualClock(NOW)), desk=DESK,
    ).number  # fmt: skip

    erase_now(planted)

    found = {ticket.number: ticket.status for ticket in planted.read_now(of_customer, WHO)}
    assert found[number] == "closed"
    states = {
        name: set(
            planted.read_now(
                lambda conn, name=name: conn.execute(select(metadata.tables[name].c.state)).scalars().all()
            )
        )
        for name in ("promises", "tasks", "approvals")
    }
    assert states == {"promises": {"withdrawn"}, "tasks": {"done"}, "approvals": {"refused"}}


def test_whom_they_were_before_a_merge_is_erased_too_where_a_backup_has_both(planted: Store) -> None:
    done = erase_now(planted)

    (noted,) = planted.read_now(erasures.every)
    assert HASHES.of("absorbed-0") in noted.names
    assert done.proof["deleted"]["merges"] == 2
