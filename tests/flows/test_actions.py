"""What actions say of themselves is so."""

from decimal import Decimal
from typing import Any

import pytest

from crm_store import catalogue
from flows.actions import REGISTERED, ActionContext
from flows.engine.heard import Act, Heard
from flows.settings import FlowSettings
from tests.flows.talks import DESK, LOYALTY, MONDAY, STANDARD, Shop

ASKED_WITH: dict[str, dict[str, Any]] = {
    "points_balance": {},
    "points_history": {},
    "earn_rules": {"question": "积分怎么算"},
    "membership_tier": {},
    "pick_reward": {"points": 500},
    "list_rewards": {},
    "join_state": {},
    "read_birthday": {"birthday": {"month": 2, "day": 30}},
    "read_back": {},
    "leaving_costs": {},
    "find_order": {"order_no": "A10293"},
    "list_tickets": {},
    "read_change": {"request": "名字改成王小芳"},
    "read_wish": {"request": "你记得我什么"},
    "check_order_owner": {"order_no": "A20001"},
    "find_open_case": {"order_no": "A10101", "category": "delivery"},
    "latest_order": {},
    "look_refund": {"order_no": "A10101"},
    "compare_prices": {"order_no": "A10101"},
    "look_change": {"order_no": "A10101"},
    "look_return": {"order_no": "A10101"},
    "return_days": {},
    "judge_return": {"order_no": "A10101", "kind": "return"},
    "list_offers": {},
    "product_in_mind": {"product": "TEA-1"},
    "total_order": {"product": "TEA-1", "quantity": 2},
    "read_invoice_wish": {"question": "帮我开张发票"},
    "read_invoice": {"question": "帮我开张发票，抬头王芳"},
    "read_visit_wish": {"question": "帮我约个安装"},
    "read_visit": {"what": "水壶", "visit": "周六下午"},
    "look_for_secret": {"question": "验证码是123456"},
}
"""Enough for each action to go its whole way."""


@pytest.fixture
def context() -> ActionContext:
    shop = Shop()
    shop.earn("wang", 120, None)
    catalogue.add(shop.conn, sku="TEA-1", name_zh="桂花乌龙", price=Decimal("88.00"), currency="CNY", stock=3)
    shop.conn.commit()
    return ActionContext(
        conn=shop.conn, now=MONDAY, ids=shop.ids, customer_id="wang", identity_id="wang-id",
        conversation_id="wang-talk", channel="telegram", verified=True, language="zh", zone="Asia/Shanghai",
        heard=Heard(), message="m1", settings=FlowSettings(), loyalty=LOYALTY, knowledge=STANDARD.knowledge, desk=DESK,
        record=lambda kind, data: pytest.fail(f"it recorded {kind}"),
    )  # fmt: skip


def test_those_that_only_read_are_these() -> None:
    assert {name for name, action in REGISTERED.items() if action.only_reads} == set(ASKED_WITH)


@pytest.mark.parametrize("name", ASKED_WITH)
def test_an_action_that_only_reads_writes_nothing(context: ActionContext, name: str) -> None:
    context.conn.exec_driver_sql("PRAGMA query_only=ON")  # whoever writes fails

    result = REGISTERED.run(Act(name, ASKED_WITH[name]), context)

    assert set(result) >= REGISTERED[name].gives
