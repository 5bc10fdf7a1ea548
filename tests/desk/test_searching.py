"""Timelines by kind, channel and time, and the search of all conversations, as the desk shows them."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from crm_store import history
from crm_store.audit import audit
from crm_store.timeline import A_PAGE
from tests.desk.desks import DeskHouse


def tell(desk: DeskHouse, who: str, kind: str, text: str | None = None, *, days: int = 0, **columns: object) -> None:
    at = desk.house.clock.now() - timedelta(days=days)
    desk.house.write(
        history.record, at=at, kind=kind, by="system", customer_id=desk.customer(who), text=text, **columns
    )


def texts(page: str) -> list[str]:
    return [html.unescape(text) for text in re.findall(r'class="text">([^<]*)<', page)]


def hits(page: str) -> list[str]:
    parts = re.findall(r'<span class="why">[^:]*: (.*?)</span>', page)
    return [html.unescape(re.sub(r"</?mark>", "", part)) for part in parts]


async def test_a_search_finds_words_of_every_customer_and_marks_them(desk: DeskHouse) -> None:
    await desk.house.says("ana", "请问退款到账要多久")
    await desk.house.says("bo", "茶很香")
    browser = await desk.agent("li")

    for typed in ("退", "退款", "退款到账", "退款到賬"):
        page = (await browser.get("/desk/search", params={"q": typed})).text
        assert "请问退款到账要多久" in hits(page)
        assert not any("茶很香" in hit for hit in hits(page))
    assert "<mark>退款到账</mark>" in page
    assert f"/desk/customers/{desk.customer('ana')}" in page


async def test_a_search_goes_on_where_its_page_ended(desk: DeskHouse) -> None:
    await desk.house.says("ana", "hello")
    for number in range(35):
        tell(desk, "ana", "note", f"孔雀翎 {number:02}")
    browser = await desk.agent("li")

    page = (await browser.get("/desk/search", params={"q": "孔雀翎"})).text
    more = re.search(r'hx-get="([^"]+)"', page[page.index('class="rows"') :])
    assert more is not None
    rest = (await browser.get(html.unescape(more.group(1)))).text

    assert hits(page) + hits(rest) == [f"孔雀翎 {number:02}" for number in reversed(range(35))]
    assert "<html" not in rest


async def test_whose_words_a_search_has_shown_is_audited_and_never_what_was_looked_for(desk: DeskHouse) -> None:
    await desk.house.says("ana", "我要退款")
    browser = await desk.agent("li")

    await browser.get("/desk/search", params={"q": "我要退款"})
    await browser.get("/desk/search", params={"q": "麒麟"})

    kept = desk.house.read(lambda conn: conn.execute(select(audit).where(audit.c.action == "search")).all())
    assert [(row.by, row.customer_id, row.data) for row in kept] == [
        ("agent:li", desk.customer("ana"), None), ("agent:li", None, None)
    ]  # fmt: skip


async def test_who_may_read_no_talks_may_not_search_them(desk: DeskHouse) -> None:
    browser = await desk.agent("mai", "marketer")

    assert (await browser.get("/desk/search", params={"q": "退款"})).status_code == 403


async def test_a_timeline_shows_what_happened_by_kind_channel_time_and_words(desk: DeskHouse) -> None:
    await desk.house.says("ana", "hello")
    tell(desk, "ana", "note", "爱喝龙井", days=9)
    tell(desk, "ana", "note", "要发票", days=3)
    tell(desk, "ana", "teapot.broken", days=5, channel="wechat", data={"order_no": "SO-77"})
    browser = await desk.agent("li")
    path = f"/desk/customers/{desk.customer('ana')}/timeline"
    day = (desk.house.clock.now() - timedelta(days=3)).date().isoformat()

    async def shown(**wanted: str) -> list[str]:
        return texts((await browser.get(path, params=wanted)).text)

    assert await shown(kind="notes") == ["要发票", "爱喝龙井"]
    assert await shown(channel="wechat") == ["teapot.broken · order_no SO-77"]
    assert await shown(kind="notes", since=day, until=day) == ["要发票"]
    assert await shown(q="龙井") == ["爱喝龙井"]
    assert await shown(q="so-77", kind="other") == ["teapot.broken · order_no SO-77"]
    assert await shown(kind="notes", q="？") == []


async def test_a_timeline_goes_on_by_itself_to_its_end(desk: DeskHouse) -> None:
    await desk.house.says("ana", "hello")
    for number in range(A_PAGE + 20):
        tell(desk, "ana", "note", f"note {number:03}", days=number)
    browser = await desk.agent("li")

    page = (await browser.get(f"/desk/customers/{desk.customer('ana')}")).text
    more = re.search(r'hx-get="([^"]+before[^"]+)" hx-trigger="click, revealed"', page)
    assert more is not None
    rest = (await browser.get(html.unescape(more.group(1)))).text

    seen = [text for text in texts(page) + texts(rest) if text.startswith("note ")]
    assert seen == [f"note {number:03}" for number in range(A_PAGE + 20)]
    assert "hx-get" not in rest


@pytest.mark.parametrize("wanted", ["kind=none", "since=yesterday", "until=9999-12-31", "before=99"])
async def test_what_no_form_of_ours_sends_is_refused(desk: DeskHouse, wanted: str) -> None:
    await desk.house.says("ana", "hello")
    browser = await desk.agent("li")

    assert (await browser.get(f"/desk/customers/{desk.customer('ana')}/timeline?{wanted}")).status_code == 422
