"""A choice is made by its button, its words, its number, or by saying which one it is."""

import pytest

from flows.engine.payloads import typed_option

OPTIONS = (("¥5 券", "/five"), ("Ten off", "/ten"))


@pytest.mark.parametrize(
    ("typed", "payload"),
    [
        ("1", "/five"), ("２.", "/ten"), ("¥5 券", "/five"), ("ten OFF", "/ten"), ("第一个", "/five"),
        ("第2种吧", "/ten"), ("the second one", "/ten"), ("First", "/five"), ("第三个", None), ("first aid", None),
        ("", None),
    ],
)  # fmt: skip
def test_a_choice_is_known_by_what_is_typed(typed: str, payload: str | None) -> None:
    assert typed_option(OPTIONS, typed) == payload
