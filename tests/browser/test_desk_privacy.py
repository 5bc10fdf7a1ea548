"""What a customer may ask for, done at the desk in a real browser: a copy as a file, and to be forgotten."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.agents import Desk, desk_of
from tests.browser.conftest import BROWSER, OpenPage, ShukeUp, shot

pytestmark = BROWSER


@dataclass(frozen=True, slots=True)
class Case:
    """A language of the desk, a customer and what they have said, and what the desk says."""

    locale: str
    user: str
    said: str
    copy: str
    forget: str
    go_on: str
    refused: str
    do: str
    proof: str
    gone: str


CASES = (
    Case(
        "zh-CN", "privacy-zh", "翡翠色的金丝雀", copy="导出全部资料", forget="彻底删除这位客户", go_on="继续",
        refused="与这位客户不符", do="彻底删除", proof="删除证明", gone="只留下金额、数量和时间",
    ),
    Case(
        "en-GB", "privacy-en", "an emerald canary on the seventh wire", copy="A copy of everything",
        forget="Forget them for good", go_on="Go on", refused="Nothing was deleted", do="Forget for good",
        proof="Proof of the erasure", gone="What is left are amounts",
    ),
)  # fmt: skip


@pytest.fixture
def desk(shuke: ShukeUp, open_page: OpenPage) -> Desk:
    """Signs somebody in, in a browser of their own."""
    return desk_of(shuke, open_page)


def holding(shop: ShukeUp, words: str) -> list[str]:
    """Return the files of the installation that hold the words."""
    var: Path = shop.installation.root / "var"
    return [path.name for path in var.rglob("*") if path.is_file() and words.encode() in path.read_bytes()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.locale)
async def test_a_copy_is_downloaded_and_then_the_customer_is_forgotten_once_they_are_named(
    shuke: ShukeUp, desk: Desk, tmp_path: Path, case: Case
) -> None:
    await shuke.installation.chat(case.user, case.said)
    [customer] = shuke.installation.values(
        f"SELECT customer_id FROM identities WHERE channel = 'terminal' AND user_id = '{case.user}'"
    )
    page = await desk("mei", locale=case.locale)
    await page.goto(f"{shuke.address}/desk/customers/{customer}")
    card = page.locator("#privacy")

    for number in range(2):  # the button stays good
        async with page.expect_download() as downloading:
            await card.get_by_role("button", name=case.copy).click()
        await (await downloading.value).save_as(tmp_path / f"{number}.json")
    assert case.said in json.dumps(json.loads((tmp_path / "1.json").read_text()), ensure_ascii=False)
    await card.locator("summary", has_text=case.forget).click()
    await shot(page, f"desk-privacy-{case.locale[:2]}", clip=await card.bounding_box())
    await card.get_by_role("button", name=case.go_on).click()

    who = page.locator("[name=who]")
    await expect(who).to_be_focused()
    await who.fill("somebody else")
    await page.get_by_role("button", name=case.do).click()
    await expect(page.get_by_role("alert")).to_contain_text(case.refused)
    assert shuke.installation.count("erasures WHERE by = 'agent:mei'") == CASES.index(case)
    await who.fill(case.user)
    await shot(page, f"desk-erase-{case.locale[:2]}", caret="initial")
    await page.get_by_role("button", name=case.do).click()

    await expect(page.get_by_role("heading", level=1)).to_have_text(case.proof)
    await expect(page.locator("#proof")).to_contain_text("SHA-256")
    await shot(page, f"desk-erased-{case.locale[:2]}", caret="initial")
    await page.goto(f"{shuke.address}/desk/customers/{customer}")
    await expect(page.get_by_role("status").first).to_contain_text(case.gone)
    await expect(page.locator("main")).not_to_contain_text(case.said)
    assert holding(shuke, case.said) == []
    actions = shuke.installation.values(f"SELECT action FROM audit WHERE customer_id = '{customer}' ORDER BY id")
    assert [one for one in actions if one != "see_customer"] == ["export_customer", "export_customer", "erase_customer"]
