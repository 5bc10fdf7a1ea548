"""Small books of flows, written inline in a test."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import flows
from flows.engine.load import load_book
from flows.engine.model import FlowBook

PATTERNS = """
mentions: {order_no: order}
intents: {human: request_human_agent, cancel: cancel_dialogue, repeat: repeat, yes: affirm, no: deny}
human: {flow: person}
sensitive: {self_harm: person}
angry: {sentiment_at_most: -0.7, flow: person, complaint_flow: person, unless: [opt_out]}
danger: {urgency_at_least: 0.9, complaint_flow: person, also_with: []}
complaint: {matter: complaint, words: complain, matters: [threat]}
misunderstood: {limit: 2, flow: person}
interruption: {sure: 0.7}
words:
  filler: [我要, i]
  skip: '^(skip|跳过)$'
  corrects: '^no|不对'
  denies: 'not $'
  adds: ' and '
  refers_back: that order
  gives_up: '^never mind'
  other_one: the other
failed: {say: cannot_go_on}
"""

PERSON = """
intents: [request_human_agent]
drops_others: true
slots: {topic: {}}
steps:
  - action: hand_over
  - say: handed_over
"""

ORDER = """
intents: [track_order]
slots:
  order_no: {entity: order_no, matches: '[A-Z]\\d{3,}'}
  digits: {matches: '\\d{4}'}
steps:
  - collect: order_no
  - collect: digits
  - action: find
    next:
      - if: result.found
        then: tell
      - else: lost
  - {id: tell, say: found, next: end}
  - {id: lost, say: lost}
"""

POINTS = """
intents: [ask_points]
steps:
  - say: points
"""


FACTS = frozenset(
    {"verified", "open_complaint", "back_at", "evidence_for", "returning", "open_case", "order_under_way"}
)
"""What the shipped patterns look at, and small flows."""
IN_BETWEEN = {
    path.stem: path.read_text(encoding="utf-8") for path in (Path(flows.__file__).parent / "patterns").glob("*.yml")
} | {name: f"pattern: {name}\nsteps:\n  - noop: true\n" for name in ("told", "leave")}
"""The patterns as they are shipped…"""
IN_BETWEEN["cancel"] = "".join(line for line in IN_BETWEEN["cancel"].splitlines(keepends=True) if "undo" not in line)
"""…but for undoing what was redeemed, which is the club's."""
SAID_IN_BETWEEN = tuple(
    sorted({reply for flow in IN_BETWEEN.values() for reply in re.findall(r"(?:say|utter|help): (\w+)", flow)})
)
"""The replies that they name."""


def book_of(folder: Path, **flows: str) -> FlowBook:
    """Write flows, patterns and a person to hand over to into a folder, and load them."""
    return load_book(write(folder, **{"person": PERSON, "order": ORDER, **flows}))


def write(folder: Path, **files: str) -> Path:
    """Write files ``NAME.yml`` into a folder of flows and return it."""
    book = folder / "flows"
    (book / "patterns").mkdir(parents=True, exist_ok=True)
    for name, text in IN_BETWEEN.items():
        (book / "patterns" / f"{name}.yml").write_text(text, encoding="utf-8")
    for name, text in {"patterns": PATTERNS, **files}.items():
        (book / f"{name}.yml").write_text(dedent(text).lstrip("\n"), encoding="utf-8")
    return book
