"""Customers with years of history, as many as asked for: the same of the same seed, a block a transaction.

Every block is made from its own number alone, so a run that was broken off goes on with the next block, and a
large database begins as a small one does. In each block the first customer is a regular with half of its
interactions; times lie anywhere in three years, as what is imported late does.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import Connection, func, insert, select

from crm_store import conversations, customers, history, identities, orders, points, search_index, tickets
from crm_store.unit_of_work import Store

BLOCK = 100
"""Customers of one transaction."""
BEGAN = datetime(2024, 1, 1, tzinfo=UTC)
DAYS = 3 * 365
RARE = "孔雀翎茶"
"""Said `RARELY` times in the first block, and nowhere else."""
RARELY = 5
_CHANNELS = ("telegram", "wechat", "webchat")
_SAID = (
    "我的订单{order}到哪了", "什么时候发货呀", "这个{tea}怎么泡比较好喝", "想退款，{tea}收到时盒子破了", "好的，谢谢",
    "退款什么时候到账", "有{tea}吗？想买两罐送人", "发票可以补开吗", "Where is my order {order}?", "Thank you!",
    "Is the {tea} still in stock?", "I'd like a refund for {order}", "积分能换什么", "你们家的{tea}很香，下次还来",
)  # fmt: skip
_ANSWERED = (
    "您的订单{order}已发货，预计后天送到", "已为您登记，工单会在一个工作日内处理", "好的，不客气～",
    "Your order {order} is on its way.", "您现在有 {points} 积分", "Sorry to hear that. We have opened a case for you.",
)  # fmt: skip
_TEAS = ("碧螺春", "龙井", "铁观音", "大红袍", "白毫银针", "正山小种", "桂花乌龙", "Longjing", "Keemun")
_FAMILY, _GIVEN = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗", "伟芳娜敏静丽强磊军洋勇艳杰涛明超秀霞平刚"


class OtherSeed(Exception):
    """The database was made of another seed."""


def make(store: Store, count: int, *, each: int = 10, seed: int = 7) -> Iterator[int]:
    """Bring a store up to ``count`` customers with ``each`` interactions on average; yield rows made, block by block.

    Raises:
        OtherSeed: it holds customers that this seed does not make.
    """
    if count % BLOCK:
        raise ValueError(f"customers come in blocks of {BLOCK}")
    done = store.read_now(_count)
    if done and not store.read_now(_begins_so, seed):
        raise OtherSeed(f"the database was not made of the seed {seed}; name its seed, or another file")
    for block in range(done // BLOCK, count // BLOCK):
        yield store.run_now(_make_block, seed, block, each)


def id_of(seed: int, number: int) -> str:
    """Return the key of a customer by its place, from 0."""
    return f"s{seed:05}-{number:010}"


def _count(conn: Connection) -> int:
    return int(conn.execute(select(func.count()).select_from(customers.customers)).scalar_one())


def _begins_so(conn: Connection, seed: int) -> bool:
    return customers.by_id(conn, id_of(seed, 0)) is not None


def _make_block(conn: Connection, seed: int, block: int, each: int) -> int:
    chance = Random(f"{seed} {block}")
    who = [id_of(seed, block * BLOCK + number) for number in range(BLOCK)]
    made = BEGAN + timedelta(days=DAYS)
    tables: dict[Any, list[dict[str, Any]]] = {
        customers.customers: [_customer(chance, one) for one in who],
        identities.identities: [
            {"id": f"i-{one}", "channel": chance.choice(_CHANNELS), "user_id": one, "customer_id": one}
            | {"verified": True, "evidence": "import", "created_at": BEGAN}
            for one in who
        ],
        conversations.conversations: [
            {"id": f"t-{one}", "customer_id": one, "identity_id": f"i-{one}", "owner": "bot", "turns": 1}
            | {"created_at": BEGAN, "last_in_at": made - timedelta(minutes=chance.randrange(60 * 24 * DAYS))}
            for one in who
        ],
        orders.orders: [
            {"order_no": f"SO-{one[1:]}", "customer_id": one, "status": "delivered", "ordered_at": _moment(chance)}
            for one in who
        ],
        orders.order_lines: [
            {"order_no": f"SO-{one[1:]}", "line": 1, "sku": "tea", "quantity": 1, "currency": "CNY"} for one in who
        ],
        points.lots: [
            {"id": f"l-{one}", "customer_id": one, "points": 100, "remaining": 100, "earned_at": BEGAN} for one in who
        ],
        points.entries: [
            {
                "customer_id": one, "lot_id": f"l-{one}", "kind": "earned", "points": 100, "at": BEGAN,
                "reference": one,
            }
            for one in who
        ],
        tickets.tickets: [
            {
                "id": f"k-{one}", "number": f"T-{one[1:]}", "customer_id": one, "category": "delivery",
                "priority": "normal", "status": "open", "summary": "盒子破了", "opened_at": BEGAN, "due_at": BEGAN,
                "opened_by": "bot",
            }
            for one in who[::10]
        ],
    }  # fmt: skip
    entries = [_opening(f"T-{one[1:]}", one) for one in who[::10]]
    for number in range(BLOCK * each - len(entries)):
        one = who[0] if number % 2 else chance.choice(who[1:])
        entries.append(_interaction(chance, one))
    if block == 0:
        for entry in chance.sample([entry for entry in entries if entry["kind"] == "message.in"], RARELY):
            entry["text"] = f"还有{RARE}吗"
    tables[history.history] = entries
    for table, rows in tables.items():
        conn.execute(insert(table), rows)
    while search_index.catch_up(conn):
        pass
    return sum(map(len, tables.values()))


def _customer(chance: Random, id: str) -> dict[str, Any]:
    name = chance.choice(_FAMILY) + "".join(chance.choices(_GIVEN, k=chance.randint(1, 2)))
    return {
        "id": id, "customer_no": f"C{id}", "name": name, "phone": f"+86139{id[-8:]}", "created_at": BEGAN,
        "birth_leap": False, "member": True,
    }  # fmt: skip


def _opening(number: str, who: str) -> dict[str, Any]:
    data = {"number": number, "category": "delivery", "priority": "normal", "summary": "盒子破了"}
    return history.entry(at=BEGAN, kind="ticket.opened", by="bot", customer_id=who, data=data)


def _interaction(chance: Random, who: str) -> dict[str, Any]:
    about: dict[str, Any] = {"at": _moment(chance), "customer_id": who, "conversation_id": f"t-{who}"}
    talk = about | {"identity_id": f"i-{who}", "channel": chance.choice(_CHANNELS)}
    words = {"order": f"SO-{who[1:]}", "tea": chance.choice(_TEAS), "points": chance.randrange(3000)}
    match chance.randrange(20):
        case 0:
            return history.entry(**about, kind="order.paid", by="import", data={"order_no": words["order"]})
        case 1:
            return history.entry(**about, kind="points.earned", by="system", data={"points": 10, "balance": 110})
        case 2:
            return history.entry(**talk, kind="note", by="agent:li", text=f"老客户，爱喝{words['tea']}")
        case 3:
            return history.entry(**about, kind="care.skipped", by="care", data={"rule": "birthday", "reason": "cap"})
        case number if number % 2:
            text = chance.choice(_SAID).format(**words)
            return history.entry(**talk, kind="message.in", by="customer", ref=_ref(chance), text=text)
        case _:
            text = chance.choice(_ANSWERED).format(**words)
            return history.entry(**talk, kind="message.out", by="bot", ref=_ref(chance), text=text)


def _moment(chance: Random) -> datetime:
    return BEGAN + timedelta(seconds=chance.randrange(DAYS * 86_400))


def _ref(chance: Random) -> str:
    return f"{chance.getrandbits(128):032X}"[:26]
