"""Faults in what may never happen unasked, unproved or unmeant, each planted in a copy of our flows."""

from __future__ import annotations

from tests.flows.proving.copies import Copies, NoSuchPlace, Step, become
from tests.flows.proving.plants import PLANTS, plant, set_buttons

__all__ = ["PLANTS"]
"""All plants, those of `plants.py` too."""

NO_YES = "has not said yes to it"
NO_PROOF = "is for who has proved who they are"


def step_of(copies: Copies, flow: str, name: str) -> Step:
    """A step by its id."""
    for step in copies.flow(flow)["steps"]:
        if step.get("id") == name:
            found: Step = step
            return found
    raise NoSuchPlace(f"flow {flow} has no step {name}")


def swap_ways(step: Step) -> None:
    """What the first condition leads to and what else leads to change places."""
    first, *_, last = step["next"]
    first["then"], last["else"] = last["else"], first["then"]


# Offers


@plant
def an_offer_in_a_complaint_that_is_not_marked(copies: Copies) -> str:
    step_of(copies, "file_complaint", "added")["next"] = "sell"
    copies.flow("file_complaint")["steps"] += [
        {"id": "sell", "action": "list_offers"},
        {"id": "sold", "say": "offers_told", "next": "end"},
    ]
    return "makes an offer, and a way leads here while a complaint is open"


@plant
def an_offer_elsewhere_that_goes_past_the_question_for_complaints(copies: Copies) -> str:
    step_of(copies, "ask_points_balance", "none")["next"] = "sell"
    copies.flow("ask_points_balance")["steps"] += [
        {"id": "sell", "action": "list_offers"},
        {"id": "sold", "say": "offers_told", "next": "end"},
    ]
    return "makes an offer, and a way leads here while a complaint is open"


@plant
def a_suggestion_that_goes_past_the_question_for_complaints_and_is_not_marked(copies: Copies) -> str:
    copies.flow("suggest_product")["steps"] = [
        step for step in copies.flow("suggest_product")["steps"] if step["id"] != "moment"
    ]
    del step_of(copies, "suggest_product", "suggest")["offer"]
    return "picks something to offer, and a way leads here while a complaint is open"


@plant
def a_recommendation_in_a_complaint_that_nobody_asked_for(copies: Copies) -> str:
    step_of(copies, "file_complaint", "added")["next"] = "recommend"
    copies.flow("file_complaint")["steps"] += [{"id": "recommend", "link": "ask_product_info"}]
    return "picks something to sell, and a way leads here while a complaint is open on which nobody asked for it"


# A yes before what cannot be taken back


@plant
def a_no_that_spends_the_points(copies: Copies) -> str:
    swap_ways(step_of(copies, "redeem_points", "confirm"))
    return NO_YES


@plant
def a_no_that_leaves_the_club(copies: Copies) -> str:
    swap_ways(step_of(copies, "cancel_membership", "decided"))
    return NO_YES


@plant
def a_no_that_forgets_everything(copies: Copies) -> str:
    swap_ways(step_of(copies, "request_data_export_or_delete", "all"))
    return NO_YES


@plant
def a_no_that_cancels_the_order(copies: Copies) -> str:
    swap_ways(step_of(copies, "change_cancel_order", "sure_to_cancel"))
    return NO_YES


@plant
def a_no_that_changes_the_order(copies: Copies) -> str:
    swap_ways(step_of(copies, "change_cancel_order", "decided"))
    return NO_YES


@plant
def a_no_that_sends_the_goods_back(copies: Copies) -> str:
    swap_ways(step_of(copies, "return_refund_exchange", "sure"))
    return NO_YES


@plant
def a_wish_in_passing_that_is_taken_for_the_yes(copies: Copies) -> str:
    """Who says "cancel it" has chosen what to change, and not yet said yes."""
    way = step_of(copies, "change_cancel_order", "what")["next"][-1]
    way["else"] = "cancel"
    return NO_YES


@plant
def a_yes_that_is_heard_wherever_the_word_is_said(copies: Copies) -> str:
    copies.flow("redeem_points")["slots"]["sure"]["words"]["yes"] = "换|redeem"
    return NO_YES


@plant
def a_yes_that_the_flow_gives_itself(copies: Copies) -> str:
    step_of(copies, "cancel_membership", "costs")["next"][0]["then"] = "of_course"
    copies.flow("cancel_membership")["steps"].append(
        {"id": "of_course", "set_slots": {"sure_to_leave": "yes"}, "next": "decided"}
    )
    return NO_YES


@plant
def a_change_of_phone_that_is_not_read_back(copies: Copies) -> str:
    become(step_of(copies, "change_cancel_order", "sure_of_phone"), set_slots={"confirm_change": True})
    return NO_YES


# Proof of who it is


@plant
def points_for_who_has_proved_nothing(copies: Copies) -> str:
    document = copies.flow("ask_points_balance")
    document["steps"].remove(step_of(copies, "ask_points_balance", "who"))
    return NO_PROOF


@plant
def points_for_who_has_failed_to_prove_it(copies: Copies) -> str:
    swap_ways(step_of(copies, "redeem_points", "who"))
    return NO_PROOF


@plant
def a_refund_for_whoever_asks(copies: Copies) -> str:
    step_of(copies, "track_refund", "who")["next"][-1]["else"] = "look"
    return NO_PROOF


@plant
def an_account_that_anybody_can_have_forgotten(copies: Copies) -> str:
    become(step_of(copies, "request_data_export_or_delete", "who"), noop=True)
    step_of(copies, "request_data_export_or_delete", "who")["next"] = "wish"
    return NO_PROOF


# Values


@plant
def a_category_with_a_slip(copies: Copies) -> str:
    step_of(copies, "complain_billing", "kind")["set_slots"] = {"category": "biling"}
    return 'slot "category" can never be \'biling\'; did you mean "billing"?'


@plant
def a_yes_or_no_that_is_neither(copies: Copies) -> str:
    step_of(copies, "ask_stock", "note")["set_slots"] = {"tell_me": "maybe"}
    return "slot \"tell_me\" can never be 'maybe'"


@plant
def an_argument_with_another_value(copies: Copies) -> str:
    step_of(copies, "request_data_export_or_delete", "end_account")["args"] = {"work": "copy_all"}
    return "can do nothing with work 'copy_all'"


@plant
def a_reason_for_a_person_with_a_slip(copies: Copies) -> str:
    document = copies.flow("angry")
    next(step for step in document["steps"] if "set_slots" in step)["set_slots"] = {"reason": "angri"}
    return "can do nothing with reason 'angri'; did you mean \"angry\"?"


@plant
def an_opting_out_that_opts_in(copies: Copies) -> str:
    step_of(copies, "opt_out_marketing", "stop")["args"] = {"value": True}
    return "who says opt_out_marketing means False"


@plant
def a_reason_that_calls_nobody(copies: Copies) -> str:
    """What was solved is open again, and the person who was to go on with it is never called."""
    document = copies.flow("reopen_case")
    document["steps"] = [step for step in document["steps"] if step.get("action") != "hand_over"]
    return 'slot "reason" is set, and nothing that comes then looks at it'


@plant
def an_angry_customer_who_gets_nobody(copies: Copies) -> str:
    for step in copies.flow("angry_complaint")["steps"]:
        if step.get("action") == "hand_over":
            become(step, action="check_order_owner")
    return 'flow "angry_complaint" is for who wants or needs a person'


# Words


@plant
def a_chinese_reply_in_english(copies: Copies) -> str:
    copies.reply("points_none", "zh")[1]["text"] = "No points yet."
    return "is not written in zh"


@plant
def an_english_button_in_chinese(copies: Copies) -> str:
    copies.reply("ask_redeem", "en")[1]["buttons"][0]["title"] = "换"
    return "is not written in en"


@plant
def a_help_that_only_asks_again(copies: Copies) -> str:
    step_of(copies, "place_order", "how_many")["help"] = "ask_quantity"
    return "only says the question again"


@plant
def a_button_that_says_no_and_means_yes(copies: Copies) -> str:
    for language in ("zh", "en"):
        yes, no, *_ = set_buttons(copies, "ask_redeem", language)
        yes["payload"], no["payload"] = no["payload"], yes["payload"]
    return "swap the titles or the payloads"


@plant
def a_time_promised_in_plain_words(copies: Copies) -> str:
    copies.reply("points_none", "en")[1]["text"] = "Nothing yet. A colleague will call you within 24 hours."
    return "promises something, and a way leads here on which no action has entered it"


@plant
def a_time_promised_in_plain_chinese_words(copies: Copies) -> str:
    copies.reply("points_none", "zh")[1]["text"] = "还没有积分，同事24小时内给您回电话。"
    return "promises something, and a way leads here on which no action has entered it"


# Deep in a talk


@plant
def a_last_question_that_no_answer_ends(copies: Copies) -> str:
    """Of a long flow the last question: what comes before it is said in the fewest turns."""
    document = copies.flow("file_complaint")
    step = step_of(copies, "file_complaint", "confirm")
    at = document["steps"].index(step)
    document["steps"].insert(at + 1, {"id": "forgotten", "set_slots": {step["collect"]: None}, "next": "confirm"})
    step["next"] = [{"if": f"slots.{step['collect']} is set", "then": "forgotten"}, {"else": "end"}]
    return f'slot "{step["collect"]}" is asked for ever'
