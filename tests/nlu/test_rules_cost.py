"""The measurement of what understanding costs by rules alone measures what it says."""

from __future__ import annotations

from benchmarks.nlu_rules import four_thousand_products, lines, measured
from nlu.entities import NO_PRODUCTS, EntityContext, find_all
from nlu.evaluate import Example
from tests.nlu.reading import MONDAY_MORNING


def test_four_thousand_products_are_found_by_either_name() -> None:
    context = EntityContext(now=MONDAY_MORNING, catalogue=four_thousand_products())

    first, last = find_all("安溪铁观音茶饼还有吗", context=context), find_all("a qinzhou nixing pick", context=context)

    assert [one.value for one in first] == ["SKU-0000"]
    assert [one.value for one in last] == ["SKU-3999"]


def test_each_sentence_is_timed_once_and_the_table_says_so() -> None:
    examples = [Example(f"我的第{number}单到哪了", "track_order") for number in range(250)]

    took = measured(examples, NO_PRODUCTS)
    table = list(lines(examples, catalogues={"no products": NO_PRODUCTS}))

    assert len(took) == len(examples)
    assert took == sorted(took)
    assert took[0] > 0
    assert table[-1].startswith("| no products | ")
