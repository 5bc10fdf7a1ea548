"""What a line of a talk brought, beside what was expected of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.conversations.transcripts import Transcript


def wrong_in(transcript: Transcript, answer: Mapping[str, Any], expected: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is not as expected, each in a few words."""
    said = said_in(answer)
    yield from _wrong(answer, expected, said)
    yield from (f"never {words!r} at all" for words in transcript.never if str(words) in said)


def said_in(answer: Mapping[str, Any]) -> str:
    return " ⏎ ".join(message["text"] for message in answer["sent"])


def _wrong(answer: Mapping[str, Any], expected: Mapping[str, Any], said: str) -> list[str]:
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
