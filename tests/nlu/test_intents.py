"""The intents that there are: ours, or those of the shop's own domain."""

from pathlib import Path

import pytest

from nlu.errors import NluError
from nlu.intents import intent_names


def test_ours_are_those_of_the_domain() -> None:
    assert {"track_order", "out_of_scope", "request_human_agent"} <= set(intent_names())


def test_a_shops_own_domain_counts_where_there_is_one(tmp_path: Path) -> None:
    assert intent_names(overlay=tmp_path) == intent_names()

    (tmp_path / "domain.yml").write_text("intents: [greet, {ask_tea: {use_entities: []}}]\n")

    assert intent_names(overlay=tmp_path) == ("greet", "ask_tea")


@pytest.mark.parametrize("broken", ["intents: [", "- greet", "intents: {}", ""])
def test_a_domain_that_cannot_be_read_is_named(tmp_path: Path, broken: str) -> None:
    (tmp_path / "domain.yml").write_text(broken)

    with pytest.raises(NluError, match=r"domain\.yml"):
        intent_names(overlay=tmp_path)
