"""What the bot cannot settle goes to a colleague: as tasks, with one answer promised."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from crm_store import memory, promises, tasks
from crm_store.memory import Said
from flows.asking import MOST_WAITING, ask_colleague, ask_with_it
from flows.engine.heard import Heard
from flows.feedback.call_backs import wanted_call
from flows.relationship.told_before import FOR_A_PARCEL, with_told
from tests.flows.talks import MONDAY, Shop, Talk


def of_wang(shop: Shop) -> tuple[list[str], int]:
    """Return what the open tasks are about, and how many answers are promised."""
    about = [row.about for row in tasks.of_customer(shop.conn, "wang") if row.state == "open"]
    return about, len(promises.running_of(shop.conn, "wang"))


def test_an_unknown_question_is_a_task_of_the_promise_that_it_is_answered() -> None:
    shop = Shop()

    said = Talk(shop).says("多少钱包邮", "ask_shipping_info")

    (task,) = tasks.of_customer(shop.conn, "wang")
    (promise,) = promises.running_of(shop.conn, "wang")
    assert (task.about, task.kind, task.promise_id) == ("多少钱包邮", "call_back", promise.id)
    assert task.due_at == promise.due_at > MONDAY
    assert "11月23日 周一 18:00" in said


def test_two_unknown_questions_in_one_message_are_one_task_and_promised_once() -> None:
    shop = Shop()

    said = Talk(shop).says("多少钱包邮，保修多久", "ask_shipping_info", "ask_warranty_repair")

    assert of_wang(shop) == (["多少钱包邮，保修多久"], 1)
    assert said.count("18:00") == 1
    assert "另一个问题也一起问了" in said


def test_the_one_task_names_what_only_the_second_question_does() -> None:
    shop = Shop()
    context = Talk(shop)._context(Heard())

    due = ask_colleague(context, "多少钱包邮", what="ask_shipping_info")
    added = [ask_with_it(context, about) for about in ("保修多久", "多少钱包邮")]

    assert added == [due, due]
    assert of_wang(shop) == (["多少钱包邮\n保修多久"], 1)


def test_a_question_of_another_message_is_asked_by_itself() -> None:
    shop = Shop()
    context = Talk(shop)._context(Heard())
    ask_colleague(context, "多少钱包邮", what="ask_shipping_info")

    assert ask_with_it(replace(context, message="in-other"), "保修多久") is None


def test_what_is_asked_in_one_message_again_is_one_task() -> None:
    shop = Shop()
    talk = Talk(shop)

    talk.says("保修多久", "ask_warranty_repair")
    talk.says("保修多久", "ask_warranty_repair")

    assert of_wang(shop) == (["保修多久"], 1)


def test_who_asks_on_and_on_fills_no_desk_with_tasks() -> None:
    shop = Shop()
    context = Talk(shop)._context(Heard())

    due = {ask_colleague(replace(context, message=f"in-{n}"), f"问题 {n}", what="x") for n in range(MOST_WAITING + 3)}

    about, promised = of_wang(shop)
    assert (len(about), promised, len(due)) == (MOST_WAITING, 1, 1)


def test_a_promise_that_is_kept_ends_its_tasks_and_the_next_question_has_one_of_its_own() -> None:
    shop = Shop()
    talk = Talk(shop)
    talk.says("多少钱包邮", "ask_shipping_info")
    promises.keep_answers(shop.conn, "wang", proof="m1", by="agent:li", now=MONDAY)
    assert of_wang(shop) == ([], 0)

    talk.says("保修多久", "ask_warranty_repair")

    assert of_wang(shop) == (["保修多久"], 1)


def test_at_night_the_answer_is_promised_for_when_somebody_is_there() -> None:
    shop = Shop()
    shop.clock.move_to(MONDAY.replace(hour=15))  # 23:00 in Shanghai

    Talk(shop).says("多少钱包邮", "ask_shipping_info")

    (promise,) = promises.running_of(shop.conn, "wang")
    assert (promise.due_at.day, promise.due_at.hour) == (24, 2)  # 10:00 in Shanghai: an hour after people are back


def test_who_is_called_back_is_called_when_they_said_and_no_longer_once_that_is_old() -> None:
    shop = Shop()
    told = Said("m0")
    memory.learn(shop.conn, "wang", "contact_time", "晚上六点后", told, confidence=1.0, now=MONDAY, ids=shop.ids)
    context = Talk(shop)._context(Heard(text="给我回个电话"))

    ask_colleague(context, "保修多久", what="x")
    wanted_call(context, "给我回个电话")
    ask_colleague(replace(context, message="in-2", now=MONDAY + timedelta(days=800)), "多少钱包邮", what="x")

    about, _ = of_wang(shop)
    assert sorted(about) == ["保修多久 [晚上六点后]", "多少钱包邮", "给我回个电话 [晚上六点后]"]


def test_who_sends_an_order_reads_where_to_leave_it_and_when_to_call_while_that_holds() -> None:
    shop = Shop()
    context = Talk(shop)._context(Heard())
    said = Said("m1", conversation_id="wang-talk", channel="telegram")
    for kind, value in (("delivery", "放门卫"), ("contact_time", "晚上六点后"), ("budget", "300")):
        memory.learn(shop.conn, "wang", kind, value, said, confidence=0.9, now=MONDAY, ids=shop.ids)

    now = with_told(context, "TEA-001 × 2", FOR_A_PARCEL)
    years_later = with_told(replace(context, now=MONDAY + timedelta(days=800)), "TEA-001 × 2", FOR_A_PARCEL)

    assert (now, years_later) == ("TEA-001 × 2 [放门卫] [晚上六点后]", "TEA-001 × 2")
