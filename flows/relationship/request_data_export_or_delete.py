"""Tell a verified customer what is remembered of them, forget what they name, and pass on what a person has to do."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from crm_store import customers, history, memory, profile, related, tasks
from crm_store.memory import Fact, Said
from crm_store.tasks import NewTask
from flows.actions import ActionContext, action
from flows.engine.values import moment, word
from flows.promising import promise_answer

MOST_TOLD = 20
IN_MIND = timedelta(minutes=30)
"""So long after something was learnt or told "forget this" means it."""
_FORGET = re.compile(
    r"忘(?!了?吗)|(别|不要|不用|不许)再?记|\b(forget|don'?t remember|do not remember|stop remembering)\b", re.I
)
_DELETE = re.compile(r"删|清除|注销|抹|\b(delete|erase|wipe|remove|close)\b", re.I)
_REMEMBERED = re.compile(r"记(得|住|忆|的|了)|\bremember", re.I)
_COPY = re.compile(r"导出|下载|副本|一份|\b(export|download|copy|gdpr)\b", re.I)
_ALL = re.compile(r"全部|全都|所有|一切|什么都|统统|通通|全忘|都忘|\b(everything|all)\b", re.I)
_THIS = re.compile(r"这个|这件|这条|这些|那个|那件|那条|刚才|\b(this|that|it)\b", re.I)

NAMES: Mapping[str, tuple[str, ...]] = {
    "called": ("称呼", "what you call me", "my nickname"),
    "taste": ("口味", "my taste"),
    "clothes_size": ("尺码", "衣服尺码", "衣码", "clothes size", "clothing size"),
    "shoe_size": ("鞋码", "鞋的尺码", "shoe size"),
    "budget": ("预算", "budget"),
    "contact_time": ("联系时间", "when to call", "when to contact"),
    "contact_channel": ("联系方式", "how to contact"),
    "occupation": ("职业", "工作", "occupation", "job"),
    "pet": ("宠物", "pet", "pets"),
    "plan": ("计划", "打算", "plan", "plans"),
    "delivery": ("收货方式", "快递放哪", "放哪", "where to leave parcels"),
    "carrier": ("快递公司", "发什么快递", "carrier"),
    "lives_in": ("住址", "住哪", "住在哪", "where i live"),
    "anniversary": ("纪念日", "anniversary"),
    "child": ("孩子", "女儿", "儿子", "my child", "my daughter", "my son", "kids"),
    "health": ("健康", "身体情况", "病情", "health"),
    "allergy": ("过敏", "allergy", "allergies"),
    "family_illness": ("家人的病", "家里人的身体", "family's health"),
    "pregnancy": ("怀孕", "孕期", "pregnancy"),
    "religion": ("信仰", "宗教", "religion", "faith"),
}
"""What customers call the kinds of facts, in either language."""


@action(
    "read_wish", gives=("wish",), only_reads=True, outcomes={"wish": ("tell", "forget", "forget_all", "copy", "end")}
)
def read_wish(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return ``wish``: ``tell``, ``forget``, ``forget_all``, ``copy`` of everything, or ``end`` of the account."""
    return {"wish": wish_of(str(args.get("request") or ""))}


def wish_of(text: str) -> str:
    """Return what a customer wants of what we know; see `read_wish`."""
    forget = _FORGET.search(text) or (_DELETE.search(text) and _REMEMBERED.search(text))
    if forget:
        return "forget_all" if _ALL.search(text) else "forget"
    if _DELETE.search(text):
        return "end"
    return "copy" if _COPY.search(text) else "tell"


@action("request_data", gives=("due_at",), promises=True, needs_proof=True, takes={"work": ("copy", "end")})
def request_data(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Pass on that the customer wants a copy of their data, or (``work``: ``end``) the end of their account.

    Once: who asks again while a colleague is at it hears the same time, ``due_at``.
    """
    about = f"data.{args['work']}"
    for row in tasks.of_customer(context.conn, context.customer_id):
        if row.state == "open" and row.about == about:
            return {"due_at": moment(row.due_at)}
    due = promise_answer(context, context.now + context.settings.relationship.data_requests_within, about=about)
    new = NewTask(
        key=f"{about}:{context.message}", kind="other", about=about, due_at=due, customer_id=context.customer_id,
        conversation_id=context.conversation_id,
    )  # fmt: skip
    tasks.open_task(context.conn, new, now=context.now, ids=context.ids, by="bot")
    return {"due_at": moment(due)}


@action("tell_known", gives=("count", "known"), needs_proof=True)
def tell_known(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return ``known``, what is remembered, with what each thing is called; and how much that is."""
    facts = memory.known(context.conn, context.customer_id, context.now)
    learnt = [{"name": word("fact", one.kind), "value": one.value} for one in facts]
    told = [*_profile(context, facts), *learnt][:MOST_TOLD]
    memory.used(context.conn, context.customer_id, facts, _said(context, by="bot"), now=context.now)
    return {"count": len(told), "known": told}


@action("forget_said", gives=("count", "left", "forgotten"), may_give=("values",), needs_proof=True)
def forget_said(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Forget what the customer's words name; return it, or the ``values`` to choose from where they name nothing."""
    conn, who, said = context.conn, context.customer_id, _said(context)
    words = str(args.get("what") or args.get("request") or "")
    gone = memory.forget_words(conn, who, words, said, now=context.now, names=NAMES)
    if not gone and _THIS.search(words) and (last := _last_named(context)) is not None:
        gone = memory.forget(conn, who, last, said, now=context.now)
    _call_no_more(context, gone)
    left = memory.known(conn, who, context.now)
    found: dict[str, Any] = {"count": len(gone), "left": len(left)}
    if gone:
        return found | {"forgotten": [one.value for one in gone]}
    return found | {"values": [one.value for one in left[:MOST_TOLD]]}


@action("forget_everything", gives=("count",), irreversible=True, needs_proof=True)
def forget_everything(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Forget every fact of the customer; return how many there were."""
    gone = memory.forget_all(context.conn, context.customer_id, _said(context), now=context.now)
    _call_no_more(context, gone)
    return {"count": len(gone)}


def _call_no_more(context: ActionContext, gone: Sequence[Fact]) -> None:
    """Let go of how the customer wanted to be called, where that is forgotten."""
    if any(one.kind == profile.CALLED for one in gone):
        profile.call(context.conn, context.customer_id, None)


def _last_named(context: ActionContext) -> str | None:
    """Return the one fact that was learnt or told last, if it was one."""
    kinds = ("memory.learned", "memory.used")
    for entry in history.newest(context.conn, context.customer_id, kinds, most=1):
        if context.now - entry.at > IN_MIND:
            return None
        facts = entry.data.get("facts") or [entry.data.get("fact")]
        return str(facts[0]) if len(facts) == 1 else None
    return None


def _profile(context: ActionContext, facts: Sequence[Fact]) -> list[dict[str, Any]]:
    row: Any = customers.by_id(context.conn, context.customer_id)
    birthday = customers.birthday_of(row)
    known: dict[str, str | None] = {
        "name": row.name,
        "phone": f"****{row.phone[-4:]}" if row.phone else None,
        "email": row.email,
        "city": row.city,
    }
    told: list[dict[str, Any]] = [
        {"name": word("fact", name), "value": value} for name, value in known.items() if value
    ]
    if birthday is not None:
        year = f"{birthday.year}-" if birthday.year else ""
        kind = "lunar_birthday" if birthday.calendar == "lunar" else "birthday"
        told.append({"name": word("fact", kind), "value": f"{year}{birthday.month:02}-{birthday.day:02}"})
    told_of = {one.about for one in facts}  # whose facts are told is not told of once more
    told += [
        {"name": word("relation", one.relation), "value": one.name or one.note}
        for one in related.of_customer(context.conn, context.customer_id)
        if one.name or (one.note and one.id not in told_of)
    ]
    return told


def _said(context: ActionContext, by: str = "customer") -> Said:
    return Said(
        context.message, by=by, conversation_id=context.conversation_id, channel=context.channel
    )  # fmt: skip
