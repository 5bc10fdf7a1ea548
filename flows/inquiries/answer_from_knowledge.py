"""Look up what customers ask in the shop's knowledge; what nobody has written down goes to a colleague."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from crm_store.desk_hours import DeskHours
from flows.actions import ActionContext, action
from flows.asking import ask_colleague, ask_with_it
from flows.engine.values import clock, moment, weekdays
from flows.knowledge.base import Answer
from flows.knowledge.entry import Entry, filled_in
from flows.wording import Reader, shown

USED = "knowledge.used"
MISSING = "knowledge.missing"
MOST_TOPICS = 6
"""What there is to ask about, where a button was pressed and nothing is asked yet."""


@action("look_up", gives=("outcome", "answer", "source"), may_give=("entry", "related", "registers", "topics"))
def look_up(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return ``outcome``: ``answer`` with its words and source, ``unasked`` with what there is, or ``unknown``.

    What is answered is recorded with the entry and its version.
    """
    inquiry, today = args["inquiry"], _today(context)
    question = "\n".join(filter(None, (args.get("question"), args.get("thing"))))
    chosen = context.knowledge.by_id(args.get("entry") or "", today=today)
    if chosen is not None:
        return _told(context, inquiry, Answer(chosen, 1.0))
    if not question.strip():
        topics = context.knowledge.of_intent(inquiry, today=today)[:MOST_TOPICS]
        return {"outcome": "unasked", "topics": _choices(topics, context.language)}
    answer = found(context, inquiry, question, args.get("product"))
    return {"outcome": "unknown"} if answer is None else _told(context, inquiry, answer)


@action("ask_colleague_for_answer", gives=("due_at", "together"), promises=True)
def ask_colleague_for_answer(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Hand the question to a colleague and return ``due_at``, by when it is answered; record what nobody wrote down.

    ``together`` says that the same message had a colleague asked already: its one promise is for both.
    """
    inquiry = args["inquiry"]
    context.record(MISSING, {"intent": inquiry, "message": context.message})
    about = "\n".join(filter(None, (args.get(slot) for slot in ("question", "product", "thing")))) or inquiry
    due = ask_with_it(context, about)
    together = due is not None
    return {"due_at": moment(due or ask_colleague(context, about, what=inquiry)), "together": together}


def found(context: ActionContext, inquiry: str, question: str, product: str | None) -> Answer | None:
    """Return what is known on a question today, and on no other product (SKU) than the one that it names."""
    return context.knowledge.answer(question, intent=inquiry, product=product, today=_today(context))


def _today(context: ActionContext) -> date:
    return context.now.astimezone(context.desk.zone).date()


def _told(context: ActionContext, inquiry: str, answer: Answer) -> Mapping[str, Any]:
    entry, language = answer.entry, context.language
    reader = Reader(language, context.zone, context.now, {})
    used = {"entry": entry.id, "version": entry.edition, "intent": inquiry, "language": language}
    context.record(USED, used | {"sure": round(answer.sure, 3)})
    return {
        "outcome": "answer",
        "answer": filled_in(entry.body[language], _hours(context.desk, reader)),
        "source": entry.cited(language),
        "entry": {"id": entry.id, "version": entry.edition},
        "related": _choices(answer.related, language),
        "registers": [inquiry] if entry.registers else [],
    }


def _choices(entries: list[Entry] | tuple[Entry, ...], language: str) -> list[dict[str, str]]:
    return [{"title": entry.title[language], "id": entry.id} for entry in entries]


def _hours(desk: DeskHours, reader: Reader) -> dict[str, str]:
    """Return when people are there, under the names of `flows.knowledge.entry.FILLED_IN`."""
    hours = {
        "desk_days": weekdays(desk.days),
        "desk_opens": clock(desk.opens),
        "desk_closes": clock(desk.closes, ends=True),
    }
    return {name: shown(value, reader) for name, value in hours.items()}
