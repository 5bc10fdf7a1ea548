"""Each occasion is claimed once, by whoever comes first, and a sweep remembers how far it came."""

import subprocess
import sys
from datetime import timedelta

import pytest

from crm_store import schedule
from crm_store.unit_of_work import Store
from tests.crm_store.people import NOW


@pytest.fixture
def store(empty_store: Store) -> Store:
    return empty_store


def claim(store, job, occasion):
    return store.run_now(schedule.claim, job, occasion, now=NOW, outcome="queued")


def test_an_occasion_is_claimed_once(store):
    assert claim(store, "birthday", "ana:2026")
    assert not claim(store, "birthday", "ana:2026")
    assert claim(store, "birthday", "ana:2027")
    assert claim(store, "anniversary", "ana:2026")
    assert store.read_now(schedule.is_taken, "birthday", "ana:2026")
    assert not store.read_now(schedule.is_taken, "birthday", "bob:2026")


def test_a_claim_whose_unit_fails_is_free_again(store):
    def claim_and_fail(conn):
        schedule.claim(conn, "birthday", "ana:2026", now=NOW, outcome="queued")
        raise RuntimeError("the message could not be queued")

    with pytest.raises(RuntimeError):
        store.run_now(claim_and_fail)

    assert claim(store, "birthday", "ana:2026")


def test_of_two_processes_each_occasion_belongs_to_one(store):
    script = (
        "from crm_store import schedule\n"
        "from crm_store.unit_of_work import Store\n"
        "from tests.crm_store.people import NOW\n"
        f"store = Store({store.url!r})\n"
        "print(sum(store.run_now(schedule.claim, 'job', str(n), now=NOW, outcome='theirs') for n in range(100)))\n"
        "store.close()\n"
    )
    other = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)

    ours = sum(claim(store, "job", str(n)) for n in range(100))
    theirs, _ = other.communicate(timeout=60)

    assert other.returncode == 0
    assert ours + int(theirs) == 100


def test_a_sweep_goes_on_where_it_ended(store):
    assert store.read_now(schedule.swept_until, "care") is None

    store.run_now(schedule.advance, "care", NOW)
    store.run_now(schedule.advance, "care", NOW + timedelta(hours=1))

    assert store.read_now(schedule.swept_until, "care") == NOW + timedelta(hours=1)
    assert store.read_now(schedule.swept_until, "other") is None


def test_whoever_claims_an_occasion_first_is_told_so_on_either_database(database_url: str) -> None:
    store = Store(database_url, durable=False)

    told = [claim(store, "birthday", "ana:2026") for _ in range(2)]
    store.close()

    assert told == [True, False]
