"""Faults that people make in flows, each planted in a copy of ours wherever there is a place for it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from flows.actions import REGISTERED
from flows.engine.model import Call, Collect, Do, Link
from flows.proving.taking import taken_by
from tests.flows.proving.copies import Copies, NoSuchPlace, Step, become, ids, ways

Plant = Callable[[Copies], str]
"""Plants a fault, and returns what its finding has to say."""

PLANTS: dict[str, Plant] = {}


def plant(function: Plant) -> Plant:
    PLANTS[function.__name__] = function
    return function


def asked(copies: Copies, step: Step) -> Any:
    """The slot that a step asks for."""
    flow = next(flow for flow in copies.book.flows.values() if step["collect"] in flow.slots)
    return flow.slots[step["collect"]]


def choice_asked(copies: Copies) -> tuple[str, Step, Any]:
    """A question with buttons, its flow, and its slot as it is declared there."""
    for name, flow in sorted(copies.book.flows.items()):
        for at, step in enumerate(flow.steps.values()):
            slot = flow.slots[step.slot] if isinstance(step, Collect) else None
            if flow.pattern is None and slot is not None and slot.type == "choice" and "_" not in step.utter[4:5]:
                return name, copies.flow(name)["steps"][at], slot
    raise NoSuchPlace("no flow asks for a choice")


def set_buttons(copies: Copies, reply: str, language: str) -> list[dict[str, Any]]:
    _, said = copies.reply(reply, language)
    return [button for button in said.get("buttons") or () if button["payload"].startswith("/set")]


# Ways


@plant
def a_step_that_nothing_leads_to(copies: Copies) -> str:
    name, step = copies.step(lambda step: "say" in step)
    document = copies.flow(name)
    last = document["steps"][-1]
    if "link" not in last:
        last.setdefault("next", "end")
    document["steps"].append({"id": "orphan", "say": step["say"]})
    return "no way leads here"


@plant
def a_way_that_goes_round_without_asking(copies: Copies) -> str:
    name, step = copies.step(lambda step: "action" in step and bool(ways(step)))
    step["id"] = ids(copies.flow(name))[copies.flow(name)["steps"].index(step)]
    step["next"][-1]["else"] = step["id"]
    return "a way leads back here without asking the customer anything"


@plant
def a_flow_without_an_end(copies: Copies) -> str:
    name = "track_order"
    document = copies.flow(name)
    first, *_ = ids(document)
    for step in document["steps"]:
        if "link" in step:
            become(step, noop=True)
        if step.get("next") == "end" or step is document["steps"][-1]:
            step["next"] = first
        for way in step["next"] if isinstance(step.get("next"), list) else ():
            for key in ("then", "else"):
                if way.get(key) == "end":
                    way[key] = first
    return "no way leads from here to the end"


@plant
def a_branch_without_else(copies: Copies) -> str:
    _, step = copies.step(lambda step: "action" in step and bool(ways(step)))
    step["next"].pop()
    return "the last is else"


@plant
def a_step_to_go_to_that_is_not_there(copies: Copies) -> str:
    _, step = copies.step(lambda step: bool(ways(step)) and ways(step)[0]["then"] != "end")
    ways(step)[0]["then"] += "x"
    return "to go to; did you mean"


@plant
def a_flow_that_says_nothing(copies: Copies) -> str:
    for name, flow in sorted(copies.book.flows.items()):
        asks = any(isinstance(step, Collect | Call | Link) for step in flow.steps.values())
        if flow.intents and flow.pattern is None and not asks and not flow.drops_others:
            for step in copies.flow(name)["steps"]:
                if "say" in step:
                    become(step, noop=True)
            return "without a word"
    raise NoSuchPlace("every flow asks something")


@plant
def a_flow_that_links_to_itself(copies: Copies) -> str:
    name, step = copies.step(lambda step: "say" in step and step.get("next") == "end")
    document = copies.flow(name)
    del step["next"]
    become(step, link=name)
    document["steps"] = [{"id": "here", "noop": True, "next": [
        {"if": "facts.staffed", "then": ids(document)[document["steps"].index(step)]}, {"else": ids(document)[0]},
    ]}, *document["steps"]]  # fmt: skip
    return "leads back here without asking the customer anything"


@plant
def two_flows_that_call_each_other(copies: Copies) -> str:
    name, step = copies.step(lambda step: "call" in step)
    called = copies.flow(step["call"])
    ids(called)
    called["steps"].insert(0, {"id": "before", "call": name})
    return "again, without end"


@plant
def a_flow_that_nothing_starts(copies: Copies) -> str:
    del copies.flow("track_order")["intents"]
    copies.patterns()["mentions"] = {"order_no": "check_complaint_status"}
    return 'flow "track_order": nothing starts it'


@plant
def an_intent_with_a_slip(copies: Copies) -> str:
    copies.flow("check_complaint_status")["intents"] = ["check_complaint_stats"]
    return 'did you mean "check_complaint_status"?'


@plant
def a_question_that_no_answer_ends(copies: Copies) -> str:
    name, step, slot = choice_asked(copies)
    document = copies.flow(name)
    at = document["steps"].index(step)
    step["id"] = ids(document)[at]
    document["steps"].insert(at + 1, {"id": "forgotten", "set_slots": {slot.name: None}, "next": step["id"]})
    step["next"] = [{"if": f"slots.{slot.name} is set", "then": "forgotten"}, {"else": "end"}]
    return "is asked for ever"


@plant
def a_choice_whose_way_leads_back_to_its_question(copies: Copies) -> str:
    for name, step in copies.steps(lambda step: "collect" in step and bool(ways(step))):
        document = copies.flow(name)
        step["id"] = ids(document)[document["steps"].index(step)]
        ways(step)[0]["then"] = step["id"]
        return "the flow goes round"
    raise NoSuchPlace("no question has ways")


@plant
def a_slot_that_is_not_emptied_before_it_is_asked_again(copies: Copies) -> str:
    document = copies.flow("track_order")
    emptying = next(step for step in document["steps"] if None in (step.get("set_slots") or {}).values())
    become(emptying, noop=True)
    return "goes round"


@plant
def a_yes_or_no_that_is_not_emptied_before_it_is_asked_again(copies: Copies) -> str:
    """The way back to a confirmation leads by the last answer, whatever is changed meanwhile."""
    for _, step in copies.steps(lambda step: None in (step.get("set_slots") or {}).values()):
        confirming = [name for name in step["set_slots"] if name.startswith("confirm")]
        if confirming:
            del step["set_slots"][confirming[0]]
            if not step["set_slots"]:
                become(step, noop=True)
            return "goes round"
    raise NoSuchPlace("no confirmation is emptied")


@plant
def a_condition_that_cannot_hold_any_more(copies: Copies) -> str:
    document = copies.flow("check_complaint_status")
    first, *_ = ids(document)
    document["steps"][:0] = [
        {"id": "a", "noop": True, "next": [{"if": "facts.staffed", "then": "b"}, {"else": first}]},
        {"id": "b", "noop": True, "next": [{"if": "facts.staffed == false", "then": "c"}, {"else": first}]},
        {"id": "c", "say": "tickets_none", "next": "end"},
    ]
    return "no way that leads here is ever taken"


# Conditions


@plant
def a_result_with_a_slip(copies: Copies) -> str:
    _, step = copies.step(lambda step: any("result." in way["if"] for way in ways(step)))
    way = next(way for way in ways(step) if "result." in way["if"])
    way["if"] = re.sub(r"(result\.\w+)", r"\1s", way["if"], count=1)
    return 'nothing gives "result.'


@plant
def a_fact_with_a_slip(copies: Copies) -> str:
    _, step = copies.step(lambda step: any("facts." in way["if"] for way in ways(step)))
    way = next(way for way in ways(step) if "facts." in way["if"])
    way["if"] = re.sub(r"(facts\.\w+)", r"\1x", way["if"], count=1)
    return 'nothing gives "facts.'


@plant
def an_outcome_with_a_slip(copies: Copies) -> str:
    _, step = copies.step(lambda step: any('result.outcome == "own"' in way["if"] for way in ways(step)))
    ways(step)[0]["if"] = ways(step)[0]["if"].replace('"own"', '"owned"')
    return "result.outcome is never 'owned'"


@plant
def a_choice_with_a_slip(copies: Copies) -> str:
    for _, step in copies.steps(lambda step: any(re.search(r'slots\.\w+ == "', way["if"]) for way in ways(step))):
        way = next(way for way in ways(step) if re.search(r'slots\.\w+ == "', way["if"]))
        way["if"] = re.sub(r'== "(\w+)"', r'== "\1x"', way["if"], count=1)
        return "is never '"
    raise NoSuchPlace("no choice is asked for")


@plant
def a_result_that_is_asked_for_before_there_is_one(copies: Copies) -> str:
    for name, step in copies.steps(lambda step: "action" in step and any("result." in way["if"] for way in ways(step))):
        document = copies.flow(name)
        first, *_ = ids(document)
        condition = next(way["if"] for way in ways(step) if "result." in way["if"])
        document["steps"].insert(0, {"id": "early", "noop": True, "next": [
            {"if": condition, "then": "end"}, {"else": first},
        ]})  # fmt: skip
        return "on which an action has given result."
    raise NoSuchPlace("no result is asked for")


# Replies


@plant
def a_reply_that_english_lacks(copies: Copies) -> str:
    _, step = copies.step(lambda step: "say" in step)
    replies, _ = copies.reply(step["say"], "en")
    del replies[step["say"]]
    return "has no wording in en"


@plant
def a_help_that_chinese_lacks(copies: Copies) -> str:
    _, step = copies.step(lambda step: "help" in step)
    replies, _ = copies.reply(step["help"], "zh")
    del replies[step["help"]]
    return "has no wording in zh"


@plant
def a_placeholder_with_a_slip(copies: Copies) -> str:
    _, reply = copies.reply("complaint_opened", "en")
    reply["text"] = "It's case {numbr}."
    return "nothing gives {numbr}"


@plant
def a_value_that_one_way_does_not_give(copies: Copies) -> str:
    """The customer is told a number that only the other way has made."""
    document = copies.flow("file_complaint")
    names = ids(document)
    opening = next(step for step in document["steps"] if step.get("action") == "open_ticket")
    told = names[names.index(opening["id"]) + 1]
    document["steps"].insert(names.index(opening["id"]), {"id": "shortcut", "noop": True, "next": [
        {"if": "facts.staffed", "then": opening["id"]}, {"else": told},
    ]})  # fmt: skip
    for step in document["steps"]:
        for way in step["next"] if isinstance(step.get("next"), list) and step["id"] != "shortcut" else ():
            for key in ("then", "else"):
                if way.get(key) == opening["id"]:
                    way[key] = "shortcut"
    return "nothing has given"


@plant
def a_short_form_that_names_what_is_asked(copies: Copies) -> str:
    _, step = copies.step(lambda step: "collect" in step and "utter" not in step)
    replies, _ = copies.reply(f"ask_{step['collect']}", "en")
    replies[f"ask_{step['collect']}_again"] = {"text": f"Was it {{{step['collect']}}}?"}
    return "nothing has given"


@plant
def a_word_of_ours_that_english_lacks(copies: Copies) -> str:
    words = copies.words("status", "en")
    del words[next(iter(words))]
    return 'words: table "status" has no'


@plant
def a_promise_that_nothing_enters(copies: Copies) -> str:
    copies.reply("order_late", "en")[1]["promises"] = True
    return "promises something, and a way leads here on which no action has entered it"


# Questions


@plant
def a_button_too_few(copies: Copies) -> str:
    _, step, slot = choice_asked(copies)
    utter = step.get("utter", f"ask_{slot.name}")
    _, reply = copies.reply(utter, "en")
    reply["buttons"] = [button for button in reply["buttons"] if button is not set_buttons(copies, utter, "en")[0]]
    return "has no button for"


@plant
def a_button_with_another_value(copies: Copies) -> str:
    _, step, slot = choice_asked(copies)
    set_buttons(copies, step.get("utter", f"ask_{slot.name}"), "zh")[-1]["payload"] = "/set" + json.dumps(
        {slot.name: "nonsense"}, separators=(",", ":")
    )
    return f"a button sets \"{slot.name}\" to 'nonsense'"


@plant
def a_button_for_a_slot_with_a_slip(copies: Copies) -> str:
    _, step, slot = choice_asked(copies)
    button = set_buttons(copies, step.get("utter", f"ask_{slot.name}"), "en")[0]
    button["payload"] = button["payload"].replace(slot.name, slot.name + "s")
    return f'"{slot.name}s"'


@plant
def a_button_that_says_what_nothing_answers(copies: Copies) -> str:
    copies.reply("order_late", "zh")[1]["buttons"] = [{"title": "?", "payload": "/request_human_agnt"}]
    return "nothing answers /request_human_agnt"


@plant
def a_question_without_help(copies: Copies) -> str:
    _, step = copies.step(lambda step: "help" in step and not asked(copies, step).free)
    del step["help"]
    step.pop("rejections", None)
    return "nothing says what is wanted"


@plant
def a_question_that_nothing_answers(copies: Copies) -> str:
    name, step = copies.step(lambda step: "help" in step and asked(copies, step).type == "text")
    copies.flow(name)["slots"][step["collect"]] = {}
    for language in ("zh", "en"):
        for reply in (step.get("utter", f"ask_{step['collect']}"),):
            copies.reply(reply, language)[1]["buttons"] = []
    return "nothing that a customer says fills slot"


@plant
def an_answer_that_is_never_taken(copies: Copies) -> str:
    _, step = copies.step(lambda step: "help" in step and asked(copies, step).type == "text")
    step["rejections"] = [{"if": f"slots.{step['collect']} is set", "utter": step["help"]}]
    return "is ever taken"


@plant
def a_pattern_that_takes_half_of_an_order_number(copies: Copies) -> str:
    copies.flow("track_order")["slots"]["order_no"]["matches"] = r"\d{4}"
    return "which is how one is written"


@plant
def a_pattern_that_takes_nothing(copies: Copies) -> str:
    copies.flow("track_order")["slots"]["phone_last4"]["matches"] = r"\d{44}"
    return "which is how one is written"


@plant
def an_entity_with_a_slip(copies: Copies) -> str:
    copies.flow("track_order")["slots"]["order_no"]["entity"] = "order_number"
    return 'there is no entity "order_number"'


@plant
def an_attachment_with_a_slip(copies: Copies) -> str:
    copies.flow("prove_owner")["slots"]["contact_shared"]["attachment"] = "contakt"
    return 'did you mean "contact"?'


@plant
def a_yes_that_means_no(copies: Copies) -> str:
    for name, flow in sorted(copies.book.flows.items()):
        for slot in flow.slots.values():
            if slot.yes == "yes" and slot.no is not None:
                said = copies.flow(name)["slots"][slot.name]
                said["yes"], said["no"] = slot.no, "yes"
                return "swap them"
    raise NoSuchPlace("no slot says what yes means")


# Actions


@plant
def an_action_with_a_slip(copies: Copies) -> str:
    _, step = copies.step(lambda step: "action" in step)
    step["action"] += "s"
    return "there is no action"


@plant
def an_argument_with_a_slip(copies: Copies) -> str:
    _, step = copies.step(lambda step: bool(step.get("args")) and not taken_by(REGISTERED[step["action"]].run).all_of)
    name = next(iter(step["args"]))
    step["args"] = {f"{name}x": step["args"][name]}
    return f'takes no "{name}x"'


@plant
def an_argument_that_is_not_given(copies: Copies) -> str:
    document = copies.flow("request_human_agent")
    document["steps"] = [step for step in document["steps"] if "set_slots" not in step]
    return 'action "hand_over" needs "reason"'


@plant
def something_done_for_good_without_a_yes(copies: Copies) -> str:
    for name, flow in sorted(copies.book.flows.items()):
        for at, step in enumerate(flow.steps.values()):
            if isinstance(step, Do) and REGISTERED[step.action].irreversible:
                document = copies.flow(name)
                target = ids(document)[at]
                document["steps"].insert(0, {"id": "hasty", "noop": True, "next": [
                    {"if": "facts.verified", "then": target}, {"else": ids(document)[0]},
                ]})  # fmt: skip
                return "cannot be taken back"
    raise NoSuchPlace("nothing is done for good")


@plant
def a_yes_that_outlives_its_flow(copies: Copies) -> str:
    name, _, slot = choice_asked(copies)
    copies.flow(name)["persisted_slots"] = [slot.name]
    return "outlives its flow"


# People and offers


@plant
def an_offer_to_who_complains(copies: Copies) -> str:
    _, step = copies.step(lambda step: "say" in step and "offer" not in step)
    step["offer"] = True
    return "while a complaint is open"


@plant
def a_person_who_is_never_called(copies: Copies) -> str:
    for step in copies.flow("request_human_agent")["steps"]:
        if step.get("action") == "hand_over":
            become(step, noop=True)
    return "no person is called"


@plant
def two_questions_before_a_person(copies: Copies) -> str:
    document = copies.flow("request_human_agent")
    document["slots"] |= {"wants_person": {"type": "bool"}, "sure": {"type": "bool"}}
    document["steps"][:0] = [
        {"id": "one", "collect": "wants_person", "utter": "ask_person_to_prove"},
        {"id": "two", "collect": "sure", "utter": "ask_person_to_prove"},
    ]
    return "2 questions come before a person"


@plant
def a_wish_for_a_person_that_answers_a_question(copies: Copies) -> str:
    name, _, slot = choice_asked(copies)
    copies.flow(name)["slots"][slot.name]["by_intent"] = {"request_human_agent": slot.values[0]}
    return "it calls a person"


@plant
def a_bot_that_asks_on_after_calling_a_person(copies: Copies) -> str:
    del copies.flow("request_human_agent")["drops_others"]
    return "a person was called, and the bot goes on asking"
