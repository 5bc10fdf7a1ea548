"""A report tells how well messages are understood, and shows what was taken for what."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from nlu.confusion_svg import confusion_svg
from nlu.evaluate import Example, Scored, report


def scored(intent: str, predicted: str, confidence: float = 0.8, text: str = "…", accept: str = "") -> Scored:
    return Scored(Example(text, intent, frozenset(filter(None, [accept])), "zh"), predicted, confidence, 0.002)


SOME = [
    *[scored("track_order", "track_order")] * 8,
    scored("track_order", "ask_stock", text="在哪"),
    scored("track_order", "complain_delivery", accept="complain_delivery"),
    *[scored("out_of_scope", "out_of_scope")] * 3,
    scored("out_of_scope", "ask_stock", 0.8, "写首诗"),
    scored("ask_stock", "out_of_scope", 0.8),
    *[scored("ask_stock", "ask_stock", 1.0)] * 5,
]


def test_a_report_counts_what_was_right_and_names_what_was_not() -> None:
    found = report(SOME)

    assert found["accuracy"] == pytest.approx(17 / 20)
    assert found["out_of_scope"] == {"examples": 4, "recall": 0.75, "false_rejection": round(1 / 16, 4)}
    assert found["confusions"][0]["count"] == 1
    assert {"intent": "track_order", "taken_for": "ask_stock", "count": 1, "examples": ["在哪"]} in found["confusions"]
    assert found["milliseconds"] == {"p50": 2.0, "p99": 2.0}


def test_calibration_tells_how_far_off_confidences_are_without_what_exact_code_decided() -> None:
    found = report(SOME)["calibration"]

    assert found["examples"] == 15
    assert found["expected_error"] == pytest.approx(0.0, abs=1e-9)
    assert found["tenths"]["0.8"]["accuracy"] == pytest.approx(12 / 15)


def test_a_report_of_nothing_is_a_report() -> None:
    assert report([])["calibration"]["expected_error"] == 0.0


def test_the_picture_shows_each_confusion_with_its_count() -> None:
    drawn = ElementTree.fromstring(confusion_svg(SOME))

    titles = [element.text for element in drawn.iter("{http://www.w3.org/2000/svg}title")]
    assert "track_order → ask_stock: 1 of 10" in titles
    assert "track_order → track_order: 9 of 10" in titles
