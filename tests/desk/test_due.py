"""What is due, as agents and supervisors see it and act on it: on a page of its own and on the customer's."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from crm_store import approvals, promises, tasks
from crm_store.approvals import NewApproval
from crm_store.audit import audit
from crm_store.promises import ANSWER, NewPromise
from crm_store.tasks import SUPERVISORS, NewTask
from desk.due.acting import STEPS
from desk.words import LANGUAGES, texts_of
from tests.desk.desks import Browser, DeskHouse

HOUR = timedelta(hours=1)
CODES = (
    "no_due", "no_item", "which_item", "promise_ended", "promise_past", "no_proof", "task_done", "own_approval",
    "approval_answered", "no_words", "no_such_time",
)  # fmt: skip


@pytest.fixture
async def ana(desk: DeskHouse) -> str:
    await desk.house.says("ana", "hello")
    return desk.customer("ana")


def promised(desk: DeskHouse, customer: str, text: str, *, hours: float = 4, **fields: Any) -> str:
    asked: dict[str, Any] = {"by": "agent:li", "owner": "agent:li"} | fields
    new = NewPromise(customer, desk.now + hours * HOUR, text=text, **asked)
    return str(desk.house.write(promises.make, new, now=desk.now, ids=desk.house.ids))


def to_do(desk: DeskHouse, customer: str, about: str, *, owner: str | None = None, hours: float = 4) -> str:
    new = NewTask(f"test:{about}", "call_back", about, desk.now + hours * HOUR, owner=owner, customer_id=customer)
    return str(desk.house.write(tasks.open_task, new, now=desk.now, ids=desk.house.ids, by="system"))


def asked(desk: DeskHouse, customer: str, about: str, by: str = "agent:li") -> str:
    new = NewApproval(f"test:{about}", customer, about, by)
    return str(desk.house.write(approvals.request, new, now=desk.now, ids=desk.house.ids))


def shown(page: str) -> list[str]:
    """Return what the lists of a page have, from the top: the names of the parts and the ids of what is in them."""
    return [part or item for part, item in re.findall(r'id="due-(\w+)"|data-item="([^"]+)"', page)]


async def act(browser: Browser, customer: str, step: str, *, part: bool = True, **form: str) -> tuple[int, str]:
    answer = await browser.post(f"/desk/customers/{customer}/items/{step}", part=part, **form)
    return answer.status_code, answer.text


async def test_what_is_due_comes_in_the_order_of_its_time_late_first(desk: DeskHouse, ana: str) -> None:
    later = promised(desk, ana, "refund", hours=30)
    today = to_do(desk, ana, "call back", hours=3)
    late = promised(desk, ana, "the missing cup", hours=1)
    await desk.house.later(hours=2)
    browser = await desk.agent("li")

    page = (await browser.get("/desk/due")).text

    assert shown(page) == ["late", late, "today", today, "later", later]
    assert "1 h 00 min late" in page


async def test_an_agent_sees_their_own_and_what_is_for_anybody_and_a_supervisor_everybodys(
    desk: DeskHouse, ana: str
) -> None:
    mine, others = promised(desk, ana, "refund"), promised(desk, ana, "a new lid", owner="agent:zhao")
    anybodys, leads = to_do(desk, ana, "call back"), to_do(desk, ana, "look at it", owner=SUPERVISORS)
    own, colleagues = asked(desk, ana, "129 CNY"), asked(desk, ana, "300 CNY", by="agent:zhao")
    li, boss = await desk.agent("li"), await desk.agent("boss", "supervisor")

    of_li = set(shown((await li.get("/desk/due")).text))
    of_boss = set(shown((await boss.get("/desk/due")).text))
    everybodys = set(shown((await boss.get("/desk/due/all")).text))

    assert of_li == {"approval", "today", mine, anybodys, own}
    assert of_boss == {"approval", "today", anybodys, leads, own, colleagues}
    assert everybodys == of_boss | {mine, others}
    assert (await li.get("/desk/due/all")).status_code == 403


async def test_a_promise_that_is_late_is_one_thing_for_whoever_leads_though_it_has_a_task(
    desk: DeskHouse, ana: str
) -> None:
    late = promised(desk, ana, "refund", hours=1)
    await desk.house.later(hours=2)
    row = desk.house.read(promises.by_id, late)
    desk.house.write(promises.escalate, row, now=desk.now, ids=desk.house.ids)
    boss = await desk.agent("boss", "supervisor")

    before = shown((await boss.get("/desk/due")).text)
    await act(boss, ana, "keep", item=late, text="R-77")

    assert before == ["late", late]
    assert shown((await boss.get("/desk/due")).text) == []
    assert [row.state for row in desk.house.read(tasks.of_customer, ana)] == ["done"]


async def test_a_promise_is_made_put_off_and_kept_at_the_customers_page(desk: DeskHouse, ana: str) -> None:
    browser = await desk.agent("li")

    made = await act(browser, ana, "promise", view="customer", text="退款到账", due="2099-01-06T18:00")
    [row] = desk.house.read(promises.of_customer, ana)
    put_off = await act(
        browser, ana, "renegotiate", view="customer", item=row.id, text="the bank", due="2099-01-07T18:00"
    )
    [_, anew] = desk.house.read(promises.of_customer, ana)
    kept = await act(browser, ana, "keep", view="customer", item=anew.id, text="R-77")

    assert [status for status, _ in (made, put_off, kept)] == [200] * 3
    assert (row.owner, row.due_at.isoformat()) == ("agent:li", "2099-01-06T10:00:00+00:00")  # the shop's time
    assert shown(kept[1]) == [anew.id, row.id]
    page = (await browser.get(f"/desk/customers/{ana}")).text
    for told in ("退款到账", "R-77", "put off", "the bank", "kept"):
        assert told in page


async def test_a_promise_is_withdrawn_with_a_reason_and_a_task_is_done_from_the_list(desk: DeskHouse, ana: str) -> None:
    promise, task = promised(desk, ana, "refund"), to_do(desk, ana, "call back")
    browser = await desk.agent("li")

    unsaid = await act(browser, ana, "withdraw", item=promise, text=" ")
    withdrawn = await act(browser, ana, "withdraw", item=promise, text="they keep it")
    done = await act(browser, ana, "done", item=task)
    again = await act(browser, ana, "done", item=task)

    assert (unsaid[0], "no words" in unsaid[1]) == (409, True)
    assert shown(withdrawn[1]) == ["today", task]
    assert shown(done[1]) == []
    assert (again[0], "no longer open" in again[1]) == (409, True)


async def test_an_approval_is_given_by_a_supervisor_and_by_nobody_who_asked(desk: DeskHouse, ana: str) -> None:
    li, boss, chief = await desk.agent("li"), await desk.agent("boss", "supervisor"), await desk.agent("chief", "admin")
    await act(li, ana, "ask", text="refund 129 CNY")
    await act(boss, ana, "ask", text="refund 300 CNY")
    first, second = (row.id for row in desk.house.read(approvals.of_customer, ana))

    statuses = [
        (await act(li, ana, "approve", item=second))[0],
        (await act(boss, ana, "approve", item=second))[0],
        (await act(boss, ana, "refuse", item=first, text="without the cup"))[0],
        (await act(chief, ana, "approve", item=second))[0],
    ]

    assert statuses == [403, 409, 200, 200]
    found = [(row.state, row.answered_by) for row in desk.house.read(approvals.of_customer, ana)]
    assert found == [("refused", "agent:boss"), ("given", "agent:chief")]


async def test_whoever_asked_sees_that_it_waits_and_no_button_to_say_yes(desk: DeskHouse, ana: str) -> None:
    asked(desk, ana, "refund 129 CNY", by="agent:boss")
    boss, chief = await desk.agent("boss", "supervisor"), await desk.agent("chief", "admin")

    own, others = (await boss.get("/desk/due")).text, (await chief.get("/desk/due")).text

    assert ("items/approve" in own, "a colleague answers" in own) == (False, True)
    assert ("items/approve" in others, "items/refuse" in others) == (True, True)


async def test_an_auditor_looks_at_everything_that_is_due_and_has_no_button(desk: DeskHouse, ana: str) -> None:
    item = promised(desk, ana, "refund")
    asked(desk, ana, "129 CNY")
    auditor = await desk.agent("wu", "auditor")

    for path in ("/desk/due/all", f"/desk/customers/{ana}"):
        page = (await auditor.get(path)).text
        assert item in page
        assert "/items/" not in page


async def test_without_scripts_a_form_leads_back_to_where_it_was(desk: DeskHouse, ana: str) -> None:
    browser = await desk.agent("boss", "supervisor")
    back = []
    for number, view in enumerate(("mine", "all", "customer")):
        task = to_do(desk, ana, f"call back {number}")
        answer = await browser.post(f"/desk/customers/{ana}/items/done", item=task, view=view)
        back.append((answer.status_code, answer.headers["location"]))

    assert back == [(303, "/desk/due"), (303, "/desk/due/all"), (303, f"/desk/customers/{ana}")]


async def test_every_step_is_audited_with_what_it_was_about(desk: DeskHouse, ana: str) -> None:
    li, boss = await desk.agent("li"), await desk.agent("boss", "supervisor")
    kept, off, gone = (promised(desk, ana, text) for text in ("refund", "lid", "call"))
    task, first, second = to_do(desk, ana, "call"), asked(desk, ana, "1 CNY"), asked(desk, ana, "2 CNY")

    await act(li, ana, "promise", text="cup", due="2099-01-06T18:00")
    await act(li, ana, "keep", item=kept, text="R-77")
    await act(li, ana, "renegotiate", item=off, text="the bank", due="2099-01-06T18:00")
    await act(li, ana, "withdraw", item=gone, text="not needed")
    await act(li, ana, "done", item=task)
    await act(li, ana, "ask", text="3 CNY")
    await act(boss, ana, "approve", item=first)
    await act(boss, ana, "refuse", item=second, text="too much")

    kept_of = select(audit).where(audit.c.action.in_(STEPS)).order_by(audit.c.id)
    rows = desk.house.read(lambda conn: conn.execute(kept_of).all())
    assert [row.action for row in rows] == list(STEPS)
    assert all(row.customer_id == ana and row.data["item"] for row in rows)
    assert {row.by for row in rows} == {"agent:li", "agent:boss"}


@pytest.mark.parametrize(
    ("step", "form", "status", "told"),
    [
        ("promise", {"text": "x"}, 409, "By when?"),
        ("promise", {"text": "x", "due": "friday"}, 422, "no time that the desk understands"),
        ("promise", {"text": "x", "due": "9999-12-31T23:59:59-12:00"}, 422, "no time that the desk understands"),
        ("promise", {"text": "x", "due": "2001-01-01T10:00"}, 409, "due in the future"),
        ("promise", {"text": " ", "due": "2099-01-01T10:00"}, 409, "no words"),
        ("promise", {"text": "x" * 1_001, "due": "2099-01-01T10:00"}, 422, "At most 1000"),
        ("promise", {"text": "x", "due": "2099-01-01T10:00", "ticket": "T-9"}, 409, "no case T-9"),
        ("keep", {"text": "R-77"}, 422, "incomplete"),
        ("keep", {"text": "R-77", "item": "none"}, 409, "no longer open"),
        ("done", {"item": "none"}, 409, "no longer open"),
    ],
)
async def test_what_is_missing_is_said(
    desk: DeskHouse, ana: str, step: str, form: dict[str, str], status: int, told: str
) -> None:
    browser = await desk.agent("li")

    answer = await act(browser, ana, step, **form)

    assert (answer[0], told in answer[1]) == (status, True), answer[1]
    assert desk.house.read(promises.of_customer, ana) == []


async def test_nothing_is_promised_to_who_is_not_there(desk: DeskHouse) -> None:
    browser = await desk.agent("li")

    assert (await act(browser, "nobody", "promise", text="x", due="2099-01-01T10:00"))[0] == 404


async def test_another_customers_promise_is_not_kept_by_the_way(desk: DeskHouse, ana: str) -> None:
    await desk.house.says("ben", "hello")
    item = promised(desk, ana, "refund")
    browser = await desk.agent("li")

    assert (await act(browser, desk.customer("ben"), "keep", item=item, text="R-77"))[0] == 409
    assert desk.house.read(promises.by_id, item).state == "open"


async def test_what_a_customer_was_promised_is_text_and_nothing_else(desk: DeskHouse, ana: str) -> None:
    promised(desk, ana, '<b hx-get="/desk">refund')
    browser = await desk.agent("li")

    for path in ("/desk/due", f"/desk/customers/{ana}"):
        page = (await browser.get(path)).text
        assert "&lt;b hx-get=" in page
        assert '<b hx-get="/desk">' not in page


async def test_the_promise_of_an_answer_is_called_so_in_both_languages(desk: DeskHouse, ana: str) -> None:
    promised(desk, ana, "", kind=ANSWER, by="bot", owner=None)
    desk.add("li")
    told = {}
    for language in LANGUAGES:
        browser = desk.browser(**{"accept-language": language})
        await browser.sign_in("li")
        told[language] = (await browser.get("/desk/due")).text
        told[f"history {language}"] = (await browser.get(f"/desk/customers/{ana}")).text

    assert "A colleague answers" in told["en"]
    assert "from bot · for anybody at the desk" in told["en"]
    assert "同事答复" in told["zh"]
    assert ": A colleague answers" in told["history en"]
    assert "承诺：同事答复" in told["history zh"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", CODES)
def test_each_reason_of_a_refusal_has_its_words(language: str, code: str) -> None:
    assert f"wrong.{code}" in texts_of(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_state_and_each_step_has_its_words(language: str) -> None:
    known = texts_of(language)
    states = {*promises.STEPS, *tasks.STATES, *approvals.STATES}

    assert [state for state in sorted(states) if f"state.{state}" not in known] == []
    assert [step for step in STEPS if f"said.{step}" not in known or f"action.{step}" not in known] == []
