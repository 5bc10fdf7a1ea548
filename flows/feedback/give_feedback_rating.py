"""Take in what a customer says of us: a score, praise or an idea. A low score opens a task to make it good, at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from crm_store import history, surveys, tasks
from crm_store.tasks import SUPERVISORS, NewTask
from flows.actions import ActionContext, action
from flows.feedback import scores
from flows.feedback.call_backs import wanted_call
from flows.feedback.scores import Band

RECOVERED = "mood.recovered"
UNHAPPY = -0.3
"""A sentiment at or below this is no praise."""
_IDEA = re.compile(
    r"建议|希望(?:你们|以后|能)|要是(?:能|有|可以)|如果(?:能|有|可以)|能不能(?:多|出|加|增|搞)|可以(?:多|出|加|增)"
    r"|(?<![a-z])(?:suggest|suggestion|idea|i wish|wish you|would be (?:nice|great|good|better)|you should|how about"
    r"|could you (?:add|sell|offer))"
)


@action("take_rating", gives=("band",))
def take_rating(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Keep a score or a word, and return its ``band``: low, middle, high, idea, praise, or known where it was given.

    ``survey`` is the end of the question's id, from its button; a score out of the blue answers the last question
    that is open, if any is.
    """
    survey = _survey(context, args.get("survey"))
    if survey is None and isinstance(args.get("rating"), Mapping):
        survey = _asked_lately(context)
    if survey is not None:
        return _answer(context, args, survey)
    given = args.get("rating")
    if isinstance(given, Mapping):
        score = scores.scaled(given, most=5)
        band = scores.band(score, "csat")
        _tell(context, "rating", score=score, scale=5)
    elif _IDEA.search(context.text.lower()):
        _tell(context, "idea")
        return {"band": "idea"}
    elif context.heard.sentiment <= UNHAPPY:
        band = "low"
        _tell(context, "remark")
    else:
        _tell(context, "praise")
        return {"band": "praise"}
    _met(context, band, f"recovery:{context.message}", None)
    return {"band": band}


@action("keep_went_wrong", gives=("call",))
def keep_went_wrong(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Keep what went wrong with the survey and the task that the low score opened; whether a ``call`` is wanted."""
    words = args.get("went_wrong")
    if not words:
        return {"call": False}
    if (survey := _survey(context, args.get("survey"))) is not None and survey.state == "answered":
        surveys.add_words(context.conn, survey.id, words)
    theirs = tasks.of_customer(context.conn, context.customer_id)
    recovery = next((one for one in reversed(theirs) if one.kind == "recovery" and one.state == "open"), None)
    if recovery is not None:
        tasks.add_words(context.conn, recovery.id, words)
    _tell(context, "reason")
    return {"call": wanted_call(context, words)}


def _answer(context: ActionContext, args: Mapping[str, Any], survey: Any) -> Mapping[str, Any]:
    if survey.state != "sent":
        return {"band": "known"}
    least, most = surveys.SCALES[survey.question]
    given = args.get("rating")
    if isinstance(given, Mapping):
        score = scores.scaled(given, most=most)
    else:
        score = int(given) if isinstance(given, str) and given.isascii() and given.isdigit() else least - 1
    if not least <= score <= most:
        return {"band": "known"}  # no button of ours says so
    words = context.text.strip() if len(context.text.strip()) > scores.SHORT else None
    surveys.answer(context.conn, survey.id, score=score, words=words, now=context.now, channel=context.channel)
    band = scores.band(score, survey.question)
    _met(context, band, f"recovery:{survey.id}", survey.ticket)
    return {"band": band}


def _met(context: ActionContext, band: Band, key: str, ticket: str | None) -> None:
    """Open a task to make it good where the score is low; where one follows that is high, that is told."""
    if band == "low":
        begins = context.desk.back_at(context.now) or context.now
        about = f"{ticket}: low score" if ticket else "low score"
        new = NewTask(
            key, "recovery", about, begins + context.settings.feedback.recover_within, owner=SUPERVISORS,
            customer_id=context.customer_id, conversation_id=context.conversation_id, ticket=ticket,
        )  # fmt: skip
        tasks.open_task(context.conn, new, now=context.now, ids=context.ids, by="bot")
    elif band == "high":
        _recovered(context)


def _recovered(context: ActionContext) -> None:
    """Tell that who was unhappy is content again, once for each time."""
    last = next(history.backwards(context.conn, context.customer_id, RECOVERED, "task.opened"), None)
    if last is None or last.kind == RECOVERED or last.data.get("kind") != "recovery":
        return
    context.record(RECOVERED, {"task": last.data["task"], "after_s": int((context.now - last.at).total_seconds())})


def _survey(context: ActionContext, end: Any) -> Any | None:
    if not isinstance(end, str) or not end:
        return None
    theirs = surveys.of_customer(context.conn, context.customer_id)
    return next((one for one in reversed(theirs) if one.id.endswith(end)), None)


def _asked_lately(context: ActionContext) -> Any | None:
    asked = surveys.open_of(context.conn, context.customer_id)
    within = context.settings.feedback.answered_within
    return asked if asked is not None and asked.sent_at >= context.now - within else None


def _tell(context: ActionContext, kind: str, **more: Any) -> None:
    context.record("feedback.given", {"kind": kind, "message": context.message, **more})
