"""An entry that is written wrongly is refused by file, line and mend; one that is right says what it says."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from flows.engine.marks import FlowError
from flows.knowledge.base import Knowledge
from tests.flows.knowledge.shelf import GOOD, write

TODAY = date(2026, 11, 23)


def test_an_entry_says_what_stands_in_its_file(tmp_path: Path) -> None:
    (entry,) = Knowledge.load(write(tmp_path / "knowledge")).entries

    assert (entry.id, entry.intents, entry.edition) == ("shipping_cost", ("ask_shipping_info",), "2026-11")
    assert entry.body == {"zh": "国内满 ¥99 包邮。", "en": "Free from ¥99 in mainland China."}
    assert entry.cited("zh") == "国内运费 · 2026年11月版"
    assert entry.cited("en") == "Shipping in China · Nov 2026"


def test_the_edition_of_a_day_is_cited_by_its_day(tmp_path: Path) -> None:
    text = GOOD.replace("version: 2026-11", "version: 2026-11-05")

    (entry,) = Knowledge.load(write(tmp_path / "knowledge", text)).entries

    assert entry.cited("zh") == "国内运费 · 2026年11月5日版"
    assert entry.cited("en") == "Shipping in China · 5 Nov 2026"


@pytest.mark.parametrize(
    ("instead", "of", "says"),
    [
        ("", "---\nid", '1: an entry begins with front matter; the first line is "---"'),
        ("", "---\n# zh", '1: the front matter has no end; close it with a line "---"'),
        ("", "id: shipping_cost\n", '2: "id" is missing in the front matter; add it'),
        ("id: Shipping!", "id: shipping_cost", '2: id "Shipping!": small letters, digits and underscores only'),
        ("intent: [x]", "intents: [ask_shipping_info]", '3: an entry has no "intent"; did you mean "intents"?'),
        ("intents: ask", "intents: [ask_shipping_info]", '3: "intents" is a list of words, such as [one, two]'),
        ("{zh: 国内运费}", "{zh: 国内运费, en: Shipping in China}", '4: "title" lacks en; an entry has both languages'),
        (
            "{zh: 国内运费, en: S, fr: F}",
            "{zh: 国内运费, en: Shipping in China}",
            '4: "title" has zh and en, and no "fr"',
        ),
        (f"en: {'S' * 41}", "en: Shipping in China", "4: the title in en is longer than 40 characters"),
        ("version: 3", "version: 2026-11", '5: version "3" is a month such as 2026-03, or a day such as 2026-03-15'),
        ("version: 2026-13", "version: 2026-11", '5: version "2026-13-01" is no day; write one such as 2026-03-15'),
        ("version: 2026-11\nvalid_from: soon", "version: 2026-11", '6: valid_from "soon" is no day'),
        (
            "version: 2026-11\nvalid_from: 2026-12-01\nvalid_until: 2026-11-01",
            "version: 2026-11",
            "7: valid_until is before valid_from; it is the last day",
        ),
        ("version: 2026-11\nregisters: sometimes", "version: 2026-11", '6: "registers" is true or false'),
        ("  en: []", "  en: [how much is shipping]", '8: "en" is a list of words'),
        ("版本\n\n# zh", "# zh", '10: the answer stands under "# zh" and "# en"; put a heading before it'),
        ("# fr", "# en", '14: headings are "# zh" and "# en"; "fr" is neither'),
        ("# zh", "# en", '14: "# zh" stands here twice; keep one'),
        ("", "Free from ¥99 in mainland China.", '14: there is no answer in en; write it under "# en"'),
        ("F" * 901, "Free from ¥99 in mainland China.", "14: the answer in en is longer than 900 characters"),
        ("{phone}", "Free from ¥99", "16: nothing fills in {phone}; an answer may have {desk_closes}"),
        ("id: a\nid: b", "id: shipping_cost", '3: "id" stands here twice; keep one'),
        ("id: [", "id: shipping_cost", "this is not YAML"),
    ],
)
def test_what_is_wrong_is_named_by_file_line_and_mend(tmp_path: Path, instead: str, of: str, says: str) -> None:
    assert of in GOOD
    kept = {"---\nid": "id", "---\n# zh": "# zh"}.get(of, "") if instead == "" else ""
    folder = write(tmp_path / "knowledge", GOOD.replace(of, instead or kept, 1))

    with pytest.raises(FlowError) as refused:
        Knowledge.load(folder)

    assert str(refused.value).startswith("knowledge/entry.md:") or "/knowledge/entry.md:" in str(refused.value)
    assert says in str(refused.value)


def test_two_entries_with_one_id_are_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "knowledge")
    write(folder, name="other.md")

    with pytest.raises(FlowError, match=r'other.md:2: id "shipping_cost" is already that of .*entry.md:2'):
        Knowledge.load(folder)


def test_a_shops_file_takes_the_place_of_ours_with_its_name(tmp_path: Path) -> None:
    ours = write(tmp_path / "ours" / "knowledge")
    shops = write(tmp_path / "shop" / "knowledge", GOOD.replace("¥99", "¥49"))

    (entry,) = Knowledge.load(ours, shops, tmp_path / "not there").entries

    assert "¥49" in entry.body["en"]


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ("valid_until: 2026-11-23", True),
        ("valid_until: 2026-11-22", False),
        ("valid_from: 2026-11-23", True),
        ("valid_from: 2026-11-24", False),
    ],
)
def test_an_entry_is_used_from_its_first_day_to_its_last(tmp_path: Path, lines: str, found: bool) -> None:
    text = GOOD.replace("version: 2026-11", f"version: 2026-11\n{lines}")
    knowledge = Knowledge.load(write(tmp_path / "knowledge", text))

    answer = knowledge.answer("多少钱包邮", intent="ask_shipping_info", today=TODAY)

    assert (answer is not None) is found
    assert [entry.id for entry in knowledge.expired(TODAY)] == (["shipping_cost"] if "11-22" in lines else [])
