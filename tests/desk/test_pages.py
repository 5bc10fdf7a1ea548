"""Words, files and what pages are made of."""

from __future__ import annotations

import hashlib
import re
import string
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from care.gate import SkipReason
from care.rules import load_rules
from crm_store import opportunities
from crm_store.consents import EVERY
from crm_store.coupons import STATES as COUPON_STATES
from crm_store.memory_kinds import KINDS
from crm_store.orders import STATUSES
from crm_store.related import RELATIONS
from crm_store.stages import STAGES
from crm_store.tickets import ANSWER_DUE, CATEGORIES
from desk.assets import STATIC
from desk.roles import ROLES
from desk.words import FAMILIES, LANGUAGES, preferred, texts_of, words
from tests.desk.desks import DeskHouse

DESK = STATIC.parent
SOURCES = "\n".join(
    path.read_text(encoding="utf-8") for pattern in ("*.py", "*.html") for path in sorted(DESK.rglob(pattern))
)


def test_both_languages_say_the_same_things_with_the_same_blanks() -> None:
    zh, en = (texts_of(language) for language in LANGUAGES)

    def blanks(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    assert set(zh) == set(en)
    assert [key for key in zh if blanks(zh[key]) != blanks(en[key])] == []


def test_every_text_is_used_and_every_text_that_is_used_is_there() -> None:
    known = set(texts_of("en"))
    asked = set(re.findall(r"""(?<![\w.])(?:t|self|words_for\(request\))\(\s*["']([\w.]+)["']""", SOURCES))
    families = set(re.findall(r"""named\(\s*["'](\w+)["']""", SOURCES)) | set(
        re.findall(r"""f["'](\w+)\.\{""", SOURCES)
    )

    by_name = {key for key in known if key.partition(".")[0] not in FAMILIES}
    assert asked - known == set()
    assert {key for key in by_name if key not in asked} == set()
    assert families == set(FAMILIES)


def test_what_data_can_hold_has_its_word() -> None:
    known = texts_of("zh")
    expected = {
        "role": ROLES, "order": STATUSES, "category": CATEGORIES, "priority": ANSWER_DUE, "purpose": EVERY,
        "stage": STAGES, "deal": opportunities.STAGES, "relation": RELATIONS, "fact": KINDS,
        "coupon": COUPON_STATES, "skip": get_args(SkipReason), "rule": load_rules(),
    }  # fmt: skip

    missing = [f"{family}.{key}" for family, keys in expected.items() for key in keys if f"{family}.{key}" not in known]
    assert missing == []


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"), ("en-GB,en;q=0.9", "en"), ("fr,en;q=0.5,zh;q=0.4", "en"), ("fr", "zh"),
        ("", "zh"), (None, "zh"), ("en;q=0", "zh"), ("en;q=much", "zh"),
    ],
)  # fmt: skip
def test_a_browser_is_spoken_to_in_the_language_it_likes_best(accepted: str | None, language: str) -> None:
    assert preferred(accepted, "zh") == language


@pytest.mark.parametrize(
    ("length", "zh", "en"),
    [
        (timedelta(seconds=-5), "片刻", "a moment"),
        (timedelta(minutes=12, seconds=59), "12 分钟", "12 min"),
        (timedelta(hours=3, minutes=5), "3 小时 05 分", "3 h 05 min"),
        (timedelta(days=2, hours=4), "2 天 4 小时", "2 d 4 h"),
    ],
)
def test_a_length_of_time_is_told_as_people_say_it(length: timedelta, zh: str, en: str) -> None:
    zone = ZoneInfo("Asia/Shanghai")

    assert (words("zh", zone).span(length), words("en", zone).span(length)) == (zh, en)


def test_moments_are_told_in_the_shops_zone() -> None:
    t = words("zh", ZoneInfo("Asia/Shanghai"))
    now = datetime(2026, 1, 5, 17, tzinfo=UTC)  # already the sixth in Shanghai

    assert t.short(datetime(2026, 1, 5, 16, 30, tzinfo=UTC), now) == "00:30"
    assert t.short(datetime(2026, 1, 5, 15, tzinfo=UTC), now) == "01-05 23:00"
    assert t.short(datetime(2025, 1, 5, tzinfo=UTC), now) == "2025-01-05"


async def test_the_language_is_chosen_by_a_button_and_kept(desk: DeskHouse) -> None:
    browser = await desk.agent("li")
    before = (await browser.get("/desk/queue")).text

    answer = await browser.post("/desk/language", language="zh", back="/desk/queue")

    assert "Waiting for a person" in before
    assert answer.headers["location"] == "/desk/queue"
    assert "等待人工" in (await browser.get("/desk/queue")).text


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "/desk/../evil", "javascript:alert(1)", ""])
async def test_choosing_a_language_leads_nowhere_else(desk: DeskHouse, back: str) -> None:
    answer = await desk.browser().post("/desk/language", language="zh", back=back)

    assert answer.headers["location"].startswith("/desk")


def test_the_files_of_others_are_those_that_were_taken_in_and_have_their_licence() -> None:
    vendor = STATIC / "vendor"
    kept = dict(reversed(line.split()) for line in (vendor / "SHA256SUMS").read_text().splitlines())

    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in vendor.iterdir()}
    del found["SHA256SUMS"], found["README.md"]

    assert found == kept
    table = (vendor / "README.md").read_text()
    assert all(f"`{name}`" in table for name in kept)


async def test_files_may_be_kept_for_ever_under_their_hash(desk: DeskHouse) -> None:
    browser = desk.browser()
    page = (await browser.get("/desk/sign-in")).text
    addresses = re.findall(r'(?:src|href)="(/desk/static/[^"]+)"', page)

    answers = [await browser.get(address) for address in addresses]

    assert len(addresses) >= 5
    for address, answer in zip(addresses, answers, strict=True):
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert hashlib.sha256(answer.content).hexdigest().startswith(address.partition("?")[2])


def test_no_file_of_ours_is_longer_than_one_can_hold_in_the_head() -> None:
    long = [path for path in DESK.rglob("*.py") if len(Path(path).read_text(encoding="utf-8").splitlines()) > 250]

    assert long == []
