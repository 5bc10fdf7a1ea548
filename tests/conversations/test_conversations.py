"""Every transcript comes true, understood by keyword rules alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import pytest

from tests.bot.worlds import a_world
from tests.conversations.transcripts import Transcript, play, transcripts

ALL = transcripts()


def _case(transcript: Transcript) -> Any:
    fault = [pytest.mark.xfail(reason=transcript.fault, strict=True)] if transcript.fault else []
    return pytest.param(transcript, id=f"{transcript.trouble}/{transcript.name}", marks=fault)


@pytest.mark.parametrize("transcript", [_case(transcript) for transcript in ALL])
def test_the_talk_goes_as_written(transcript: Transcript) -> None:
    with a_world(sections=transcript.settings) as world:
        for place, answer, expected in play(transcript, world):
            said = " ⏎ ".join(message["text"] for message in answer["sent"])

            wrong = [*_wrong(answer, expected, said)]
            wrong += [f"never {words!r} at all" for words in transcript.never if str(words) in said]

            assert not wrong, f"{place}\n  said: {said}\n  wrong: " + "\n         ".join(wrong)


def test_every_trouble_is_told_in_both_languages() -> None:
    spoken = defaultdict(set)
    for transcript in ALL:
        words = "".join(str(turn) for turn in transcript.talk)
        spoken[transcript.trouble].add("zh" if any("\u4e00" <= char <= "\u9fff" for char in words) else "en")

    assert {trouble: languages for trouble, languages in spoken.items() if languages != {"zh", "en"}} == {}


def _wrong(answer: Mapping[str, Any], expected: Mapping[str, Any], said: str) -> list[str]:
    """Return what is not as expected, each in a few words."""
    wrong = []
    titles = [button["title"] for message in answer["sent"] for button in message["buttons"]]
    for key, value in expected.items():
        match key:
            case "flow" | "asking" | "owner" | "intent" | "language":
                if answer[key] != value:
                    wrong.append(f"{key} is {answer[key]!r}, not {value!r}")
            case "slots":
                wrong += [
                    f"slot {slot} is {answer['slots'].get(slot)!r}, not {given!r}"
                    for slot, given in value.items()
                    if answer["slots"].get(slot) != given
                ]
            case "entities":
                found = {entity["entity"]: entity["value"] for entity in answer["entities"] or ()}
                wrong += [
                    f"entity {one} is {found.get(one)!r}, not {given!r}"
                    for one, given in value.items()
                    if found.get(one) != given
                ]
            case "says":
                wrong += [f"does not say {words!r}" for words in _several(value) if str(words) not in said]
            case "never":
                wrong += [f"says {words!r}" for words in _several(value) if str(words) in said]
            case "buttons":
                wrong += [f"has no button {title!r}" for title in _several(value) if title not in titles]
            case "silent":
                if bool(answer["sent"]) == value:
                    wrong.append("says something" if value else "says nothing")
            case "to" | "kinds":
                name = "to" if key == "to" else "kind"
                if (got := [message[name] for message in answer["sent"]]) != _several(value):
                    wrong.append(f"{key} are {got}")
            case "events":
                wrong += _missing(answer["events"], value)
            case "no_events":
                types = {event["type"] for event in answer["events"]}
                wrong += [f"{kind} came" for kind in _several(value) if kind in types]
    return wrong


def _missing(events: list[Mapping[str, Any]], value: Any) -> list[str]:
    wanted = value if isinstance(value, dict) else {kind: {} for kind in _several(value)}
    missing = []
    for kind, inside in wanted.items():
        found = [event for event in events if event["type"] == kind]
        if not any(all(event.get(key) == told for key, told in inside.items()) for event in found):
            missing.append(f"no {kind} with {inside}; there are {found or [event['type'] for event in events]}")
    return missing


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
