"""A conversation that is handed to a team, in real browsers."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.agents import desk_of, open_talk, says
from tests.browser.conftest import BROWSER, OpenPage, ShukeUp, shot

pytestmark = BROWSER
SOON_MS = 5_000


async def test_who_is_handed_to_a_team_appears_with_its_members_at_once(shuke: ShukeUp, open_page: OpenPage) -> None:
    for arguments in (("add", "售后 After-sales"), ("in", "售后", "zhao")):
        done = await shuke.installation.run("team", *arguments)
        assert done.code == 0, done.errors
    await says(shuke, "tess", "can I talk to a person?")
    desk = desk_of(shuke, open_page)
    li, zhao = await desk("li"), await desk("zhao", locale="zh-CN", viewport={"width": 375, "height": 740})
    await zhao.goto(f"{shuke.address}/desk/queue?team=mine")
    await expect(zhao.get_by_text("这个团队没有客户在等")).to_be_visible()
    await open_talk(li, shuke, "tess")
    await li.get_by_role("button", name="Take").click()

    await li.get_by_text("Hand on", exact=True).first.click()
    await li.locator("form[action$=transfer] select").select_option(label="team 售后 After-sales")
    await li.locator("form[action$=transfer] input[name=text]").fill("the cup came broken, twice")
    await shot(li, "desk-team-talk", caret="initial")
    await li.locator("form[action$=transfer] button").click()

    await expect(li.get_by_text("waiting for the team 售后 After-sales")).to_be_visible()
    await expect(zhao.locator("#waiting").get_by_text("tess")).to_be_visible(timeout=SOON_MS)
    await expect(zhao.locator("#counts")).to_contain_text("我的团队 1 位在等", timeout=SOON_MS)
    await shot(zhao, "desk-team-queue", caret="initial")
    assert await zhao.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it fits a phone"
    await zhao.locator("#waiting button").first.click()
    await expect(zhao.get_by_text("@售后 After-sales the cup came broken, twice")).to_be_visible()
