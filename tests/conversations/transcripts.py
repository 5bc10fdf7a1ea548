"""Transcripts: talks written down as people have them, with what has to come of each line.

    talk:
      - wang: 我的订单到哪了            # a customer writes
        asking: order_no              # … and this is so after it
      - wang: {press: A10293}         # presses the button with this title, of those sent to them last
        says: SF1234567890
      - li: {reply: wang, text: 您好}  # an agent: take, reply, note, return, transfer, snooze, resolve
      - at: 2026-03-05T12:00:00+08:00 # time passes

A customer may also do {payload: …}, {attachment: KIND}, {contact: PHONE} or {event: KIND},
with {channel: …} on another channel. What may be expected after a line:

    flow, asking, owner    exactly so (null: none)
    slots, entities        these among them
    intent, language       as understood
    says, never            a text, or several: all of them, or none, in what is sent on this line
    buttons                titles, or several: all among the buttons sent
    silent                 true: nothing is sent
    to                     whom the messages go to, in their order
    kinds                  what kinds of messages they are, in their order
    events                 types; or type: {key: value} to look inside
    no_events              types that must not come

On the whole talk: `never` (texts), `load` (kind: rows, before it), `coupons` (what can be had for points, before it),
`settings` (sections of config.yml), `model` (text: {intent: confidence}, what a model takes these for; whatever else
is written the keyword rules understand), and `fault`: what is wrong today, so that the talk does not go so yet. Who
mends it takes the key out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bot.desk_actions import ACTIONS
from crm_store.coupons import Offer, define
from nlu.errors import NluUnavailable
from nlu.understand import Understander
from nlu.understanding import IntentScore
from tests.bot.worlds import Talk

FOLDER = Path(__file__).parent
KINDS = ("products", "customers", "orders", "points")
EXPECTED = (
    "flow", "asking", "owner", "slots", "entities", "intent", "language", "says", "never", "buttons", "silent", "to",
    "kinds", "events", "no_events",
)  # fmt: skip
WHOLE = ("talk", "never", "load", "settings", "coupons", "model", "fault")


class TranscriptError(Exception):
    """A transcript is written wrongly; the text names the line's number in the talk, what is wrong and the mend."""


@dataclass(frozen=True)
class Transcript:
    """One talk: ``trouble`` is its folder, ``name`` its file, a sentence."""

    trouble: str
    name: str
    talk: list[dict[str, Any]]
    never: list[str]
    load: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    coupons: list[dict[str, Any]] = field(default_factory=list)
    model: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    fault: str | None = None


def transcripts() -> list[Transcript]:
    """Return every transcript there is, in the order of their paths."""
    return [_read(path) for path in sorted(FOLDER.glob("*/*.yml"))]


def play(transcript: Transcript, world: Talk) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Let a talk happen; yield of each line where it is and what it is, its answer, and what is expected."""
    for shelf in (_shop(), transcript.load):
        for kind in KINDS:
            if shelf.get(kind):
                world.load(kind, *shelf[kind])
    for coupon in transcript.coupons:
        world.world.store.run_now(define, Offer(**coupon))
    shown: dict[str, list[dict[str, Any]]] = {}
    for number, turn in enumerate(transcript.talk, 1):
        (who, does), expected = _split(number, turn)
        answer = world(**_line(number, who, does, shown))
        for message in answer["sent"]:
            shown[message["to"]] = message["buttons"]
        yield f"line {number}, {who}: {does}", answer, expected


def understander_of(transcript: Transcript) -> Understander | None:
    """Return what understands a talk that says what a model takes its words for; None for any other talk."""
    if not transcript.model:
        return None
    return Understander(_Knows(transcript.model))


class _Knows:
    """A classifier of a few texts, away for any other."""

    def __init__(self, known: Mapping[str, Mapping[str, float]]) -> None:
        self._known = known

    async def classify(self, text: str) -> tuple[IntentScore, ...]:
        if text not in self._known:
            raise NluUnavailable("not among the texts of this talk")
        return tuple(IntentScore(intent, float(sure)) for intent, sure in self._known[text].items())


def written_by_customers(transcript: Transcript) -> Iterator[tuple[int, str]]:
    """Yield what customers type in a talk, each with the number of its line, from 0."""
    for number, turn in enumerate(transcript.talk):
        (who, does), _ = _split(number + 1, turn)
        text = does.get("text") if isinstance(does, dict) else str(does)
        acts = isinstance(does, dict) and any(action in does for action in ACTIONS)
        if who not in ("at", "shop") and text and not acts:
            yield number, str(text)


def language_of(text: str) -> str:
    """Return "zh" for a text with Chinese characters, "en" for any other."""
    return "zh" if any("\u4e00" <= char <= "\u9fff" for char in text) else "en"


def _split(number: int, turn: dict[str, Any]) -> tuple[tuple[str, Any], dict[str, Any]]:
    deeds = [(key, value) for key, value in turn.items() if key not in EXPECTED]
    if len(deeds) != 1:
        raise TranscriptError(f"line {number}: one has to act, not {[who for who, _ in deeds]}; expect {EXPECTED}")
    return deeds[0], {key: value for key, value in turn.items() if key in EXPECTED}


def _line(number: int, who: str, does: Any, shown: Mapping[str, list[dict[str, Any]]]) -> dict[str, Any]:
    if who == "at":
        return {"at": does}
    if who == "shop":
        return dict(does)
    person = {"customer": who, "channel": _shop()["people"].get(who, {}).get("channel", "telegram")}
    if not isinstance(does, dict):
        return person | {"text": str(does)}
    action = next((action for action in ACTIONS if action in does), None)
    if action is not None:
        rest = {key: value for key, value in does.items() if key != action}
        return {"agent": who, "action": action, "customer": does[action], **rest}
    if "press" in does:
        payloads = {button["title"]: button["payload"] for button in shown.get(who, ())}
        if does["press"] not in payloads:
            raise TranscriptError(f"line {number}: no button {does['press']!r} is there; there are {list(payloads)}")
        return person | {"payload": payloads[does["press"]]}
    if "attachment" in does:
        does = {**does, "attachment": {"kind": does["attachment"]}}
    if "contact" in does:
        does = {**does, "contact": {"phone": does["contact"]}}
    return person | does


@cache
def _shop() -> dict[str, Any]:
    shop: dict[str, Any] = _yaml(FOLDER / "shop.yml")
    return shop


def _read(path: Path) -> Transcript:
    told = _yaml(path)
    if unknown := set(told) - set(WHOLE):
        raise TranscriptError(f"{path.name}: there is no {unknown}; a transcript has {', '.join(WHOLE)}")
    return Transcript(trouble=path.parent.name, name=path.stem, **{"never": [], **told})


class _Plain(yaml.SafeLoader):
    """Leaves days, times and yes and no as they are written: customers write them too."""


_Plain.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in rules
        if tag.endswith((":null", ":int")) or (tag.endswith(":bool") and first in "tf")
    ]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _yaml(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_Plain)
