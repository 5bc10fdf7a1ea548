"""`shuke coupon`: made, issued, used, given back and taken back from the terminal, each audited."""

import getpass
import json
from datetime import timedelta
from pathlib import Path

import pytest

from crm_store import audit, coupon_use, points
from crm_store.ports import SystemClock, Ulids
from crm_store.unit_of_work import Store
from tests.crm_store.people import a_customer
from tests.operations.conftest import Shuke, database, root, shuke

__all__ = ["database", "root", "shuke"]
DAY = timedelta(days=1)


@pytest.fixture
def url(database: Path) -> str:
    url, clock = f"sqlite:///{database}", SystemClock()
    store = Store(url)
    store.run_now(a_customer, "ana", number="C1")
    store.run_now(points.earn, "ana", 150, at=clock.now(), ids=Ulids(clock))
    store.close()
    return url


def test_a_coupon_goes_its_way_from_the_terminal_and_each_step_is_audited(url: str, shuke: Shuke) -> None:
    def coupon(*words: str) -> str:
        ran = shuke("coupon", *words, "--store", url)
        assert ran.code == 0, ran.err
        return str(ran.out)

    coupon("define", "ten-off", "--kind", "amount", "--value", "10", "--min-spend", "50", "--points", "100")
    code = coupon("issue", "C1", "ten-off", "--for-points").partition(":")[0]
    used = coupon("use", code, "A1", "--spend", "80")
    listed = coupon("list", "C1")
    coupon("undo", code, "A1")
    cancelled = coupon("cancel", code)
    rules = json.loads(coupon("rules", "--json"))

    assert "takes 10 off" in used
    assert "used A1  ten-off: 10 CNY off from 50 on" in listed
    assert "100 points came back" in cancelled
    assert [(rule["name"], rule["issued"]) for rule in rules] == [("ten-off", 0)]
    store = Store(url)
    told = [(entry.by, entry.action) for entry in store.read_now(audit.latest)][::-1]
    store.close()
    me = f"user:{getpass.getuser()}"
    assert told == [
        (me, action)
        for action in ("define_coupon", "issue_coupon", "use_coupon", "see_customer", "undo_coupon", "cancel_coupon")
    ]


def test_by_its_reference_a_coupon_is_issued_once(url: str, shuke: Shuke) -> None:
    shuke("coupon", "define", "tea", "--kind", "product", "--sku", "T1", "--store", url)
    both = [shuke("coupon", "issue", "C1", "tea", "--reference", "gift", "--store", url) for _ in range(2)]

    assert both[0].out == both[1].out
    assert "a T1" in both[0].out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("issue", "C1", "none"), "there is no coupon none"),
        (("issue", "nobody", "none"), "nobody: no such customer"),
        (("use", "AAAA", "A1", "--spend", "10"), "there is no such coupon"),
        (("use", "AAAA", "A1", "--spend", "much"), "--spend much: is no amount"),
        (("define", "x", "--kind", "product"), "give --value with amount or percent, --sku with product"),
        (("define", "x", "--kind", "percent", "--value", "101"), "up to 100 percent"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(url: str, shuke: Shuke, words: tuple[str, ...], told: str) -> None:
    ran = shuke("coupon", *words, "--store", url)

    assert (ran.code, told in ran.err) == (2, True), ran.err
    assert ran.err.count("\n") == 1


def test_points_that_come_back_late_are_good_for_the_shops_own_time_of_grace(
    url: str, shuke: Shuke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHUKE_POINTS__GRACE", "3600")
    store, ids, now = Store(url), Ulids(SystemClock()), SystemClock().now()
    shuke("coupon", "define", "tea", "--kind", "product", "--sku", "T1", "--points", "200", "--undo-days", "90",
          "--days", "90", "--store", url)  # fmt: skip
    store.run_now(points.earn, "ana", 200, at=now - 60 * DAY, expires_at=now - 10 * DAY, ids=ids)
    code = store.run_now(coupon_use.redeem, "ana", "tea", at=now - 20 * DAY, ids=ids, reference="r").code

    shuke("coupon", "cancel", code, "--store", url)

    ends = [lot.expires_at for lot in store.read_now(points.live_lots, "ana", now) if lot.expires_at]
    store.close()
    assert [timedelta(minutes=59) < end - now < timedelta(minutes=61) for end in ends] == [True]
