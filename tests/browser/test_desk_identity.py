"""Two customers made one at the desk, and two again, as a supervisor does it in a real browser."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from playwright.async_api import Page, expect

from tests.browser.agents import Desk, desk_of
from tests.browser.conftest import BROWSER, OpenPage, ShukeUp, shot

pytestmark = BROWSER

type Lines = list[tuple[str, str]]
"""By whom and what, the newest first."""


@dataclass(frozen=True, slots=True)
class Case:
    """A language of the desk, a customer of the shop, a stranger who types their phone, and what the desk says."""

    locale: str
    known: str
    name: str
    said: str
    stranger: str
    typed: str
    perhaps: str
    accept: str
    what_happens: str
    join: str
    undo: str
    part: str
    nobody: str


CASES = (
    Case(
        "zh-CN", "wang", "王雨薇", "你好，我的茶到了", "yun", "换手机了，我的电话是13900001208",
        perhaps="可能是", accept="是同一个人", what_happens="之后可以原样拆开", join="合并", undo="其实不是同一个人",
        part="拆开", nobody="暂时没有发现",
    ),
    Case(
        "en-GB", "ana", "Ana Whitfield", "hello, the candle is lovely", "ivy", "my number is +44 161 496 0142",
        perhaps="Perhaps", accept="They are the same person", what_happens="It can be undone, exactly",
        join="Make them one", undo="Not the same after all", part="Take them apart", nobody="Nobody that we know of",
    ),
)  # fmt: skip


@pytest.fixture
def desk(shuke: ShukeUp, open_page: OpenPage) -> Desk:
    """Signs somebody in, in a browser of their own."""
    return desk_of(shuke, open_page)


async def open_customer(page: Page, shop: ShukeUp, user: str) -> None:
    [customer] = shop.installation.values(
        f"SELECT customer_id FROM identities WHERE channel = 'terminal' AND user_id = '{user}'"
    )
    await page.goto(f"{shop.address}/desk/customers/{customer}")
    await expect(page.locator(".timeline")).to_be_visible()


async def timeline(page: Page) -> Lines:
    """Return what the timeline shows."""
    entries = page.locator(".timeline li")
    by, text = entries.locator(".by"), entries.locator(".text")
    return list(zip(await by.all_inner_texts(), await text.all_inner_texts(), strict=True))


def without(lines: Lines, *events: str) -> Lines:
    return [line for line in lines if not line[1].startswith(events)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.locale)
async def test_a_suggestion_is_accepted_shows_one_timeline_and_is_undone_as_if_nothing_had_been(
    shuke: ShukeUp, desk: Desk, case: Case
) -> None:
    await shuke.installation.chat(case.known, case.said)
    await shuke.installation.chat(case.stranger, case.typed)
    page = await desk("mei", locale=case.locale)
    await open_customer(page, shuke, case.known)
    knowns = await timeline(page)
    await open_customer(page, shuke, case.stranger)
    strangers, alone = await timeline(page), page.url
    one = page.locator("#one")

    await expect(one).to_contain_text(case.perhaps)
    await expect(one).to_contain_text(case.name)
    await one.locator("summary", has_text=case.accept).click()
    await expect(one).to_contain_text(case.what_happens)
    await one.scroll_into_view_if_needed()
    await shot(page, f"desk-merge-{case.locale[:2]}", clip=await one.bounding_box())
    await one.get_by_role("button", name=case.join, exact=True).first.click()

    await expect(page.get_by_role("heading", level=1)).to_contain_text(case.name)
    await expect(page.locator(".timeline")).to_contain_text(case.typed)
    both = await timeline(page)
    assert {case.said, case.typed} <= {text for _, text in both}
    assert set(knowns) <= set(both)
    assert set(strangers) <= set(both)
    await expect(page.locator("dl").first).to_contain_text(case.stranger)

    await one.locator("summary", has_text=case.undo).click()
    await one.get_by_role("button", name=case.part, exact=True).click()
    await expect(page.locator("#one")).to_contain_text(case.nobody)
    events = ("与 ", "Made one customer", "Taken apart")
    assert without(await timeline(page), *events) == knowns
    await page.goto(alone)
    await expect(page.locator("#one")).to_contain_text(case.name)
    assert without(await timeline(page), *events) == strangers
