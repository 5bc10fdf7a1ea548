"""What the proofs of capabilities share: a shop's commands, one complaint, points that were earned."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from crm_store.ports import Ulids, VirtualClock
from crm_store.unit_of_work import Store
from tests.bot.worlds import TEA, Talk, event
from tests.bot.worlds import shuke as run_shuke

AT = datetime(2026, 1, 5, 1, tzinfo=UTC)
IDS = Ulids(VirtualClock(AT))
EARNED = {
    "customer_id": "C1", "points": 500, "reason": "order", "at": "2026-01-03T10:00:00+08:00",
    "expires_at": "2026-03-02T23:59:59+08:00", "reference": "earned-1",
}  # fmt: skip
EARNED_LATER = EARNED | {"points": 300, "expires_at": "2026-09-30T23:59:59+08:00", "reference": "earned-2"}
TEAS = (
    TEA | {"category": "tea", "stock": 9, "description_zh": "冷泡也好喝。"},
    {"sku": "GIFT-1", "name_zh": "茶礼盒", "category": "gift", "price": "298.00", "currency": "CNY", "stock": 3},
    {"sku": "GIFT-2", "name_zh": "小罐茶", "category": "gift", "price": "128.00", "currency": "CNY", "stock": 5,
     "description_zh": "四种茶，送礼自饮都行。"},
)  # fmt: skip
SNACKS = (
    {"sku": "S-1", "name_zh": "麻辣牛肉干", "category": "零食", "price": "39.00", "currency": "CNY",
     "stock": 9, "description_zh": "够味的配茶零食。"},
    {"sku": "S-2", "name_zh": "桂花糕", "category": "零食", "price": "29.00", "currency": "CNY",
     "stock": 9, "description_zh": "软糯清甜的配茶零食。"},
)  # fmt: skip
MEI = {
    "customer_id": "C3", "name": "梅", "language": "zh", "phone": "13800005678",
    "channel": "wechat", "channel_user_id": "openid-mei",
}  # fmt: skip


def shuke(store_url: str, *arguments: str) -> str:
    """Run a command on the world's store and return what it prints."""
    done = run_shuke("--store", store_url, *arguments)
    assert done.exit_code == 0, done.output
    return done.stdout


def complain(shop: Talk, what: str = "杯子收到就是碎的", order: str = "A10293") -> str:
    """Let 王芳 complain, of a broken cup; return the case's number."""
    shop.say("u1", what)
    shop.say("u1", order)
    return str(event(shop.say("u1", "对"), "ticket.opened")["number"])


def settled(shop: Talk) -> dict[str, Any]:
    """Let 王芳's case be resolved, and confirmed by her three days later; return what she is asked then."""
    complain(shop)
    shop(agent="li", action="resolve", customer="u1")
    shop(at="2026-01-08T10:00:00+08:00")
    assert event(shop.say("u1", "都好了，谢谢"), "ticket.closed")["number"] == "T-1001"
    return shop(at="2026-01-08T11:00:00+08:00")


def remember(store_url: str, unit: Any, *arguments: Any, **named: Any) -> Any:
    """Do one thing in the shop's store, as a flow or a person at the desk would."""
    with closing(Store(store_url)) as theirs:
        return theirs.run_now(unit, *arguments, **named)
