"""What the shop's own systems read and write, each thing once, each with the right to do it."""

from __future__ import annotations

import asyncio
from datetime import UTC, timedelta
from decimal import Decimal

import pytest

from bot.api.app import build_api
from bot.api.calling import SCOPES
from crm_store import api_keys, audit, coupons
from crm_store.api_answers import api_answers
from crm_store.coupons import Offer
from tests.api.shops import DESK, KEY, NOW, ShopSystem

WANG = {"name": "王雨薇", "language": "zh", "phone": "13800001208", "channel": "telegram", "channel_user_id": "u1"}


async def with_wang(till: ShopSystem) -> None:
    assert (await till.call("PUT", "/customers/C1", WANG)).status_code == 201


class TestCustomers:
    async def test_one_is_added_changed_and_left_as_it_is(self, till: ShopSystem) -> None:
        added = await till.call("PUT", "/customers/C1", WANG | {"attributes": {"size": "M"}})
        changed = await till.call("PUT", "/customers/C1", {"city": "杭州"})
        same = await till.call("PUT", "/customers/C1", {"city": "杭州"})

        assert (added.status_code, added.json()["result"]) == (201, "added")
        assert (changed.status_code, changed.json()["result"]) == (200, "changed")
        assert same.json()["result"] == "unchanged"
        assert changed.json()["customer"]["name"] == "王雨薇"
        assert [one["user_id"] for one in till.known("C1")["identities"]] == ["u1"]

    async def test_one_is_shown_by_any_of_their_names_and_the_look_is_audited(self, till: ShopSystem) -> None:
        await with_wang(till)

        shown = [(await till.call("GET", f"/customers/{id}")).json() for id in ("C1", "telegram:u1")]

        assert shown[0] == shown[1]
        assert shown[0]["phone"] == "+8613800001208"
        looks = [entry for entry in till.house.store.read_now(audit.latest) if entry.action == "view"]
        assert [look.by for look in looks] == ["api:till"]

    async def test_all_are_listed_a_page_at_a_time(self, till: ShopSystem) -> None:
        for number in range(5):
            await till.call("PUT", f"/customers/C{number}", {"name": f"N{number}"})

        first = (await till.call("GET", "/customers?limit=3")).json()
        second = (await till.call("GET", f"/customers?limit=3&cursor={first['next']}")).json()

        numbers = [one["customer_id"] for page in (first, second) for one in page["customers"]]
        assert sorted(numbers) == [f"C{number}" for number in range(5)]
        assert second["next"] is None

    async def test_the_timeline_comes_in_pages_and_groups(self, till: ShopSystem) -> None:
        await with_wang(till)
        for reference in ("a", "b", "c"):
            await till.call("POST", "/customers/C1/points", {"points": 10, "reference": reference})

        page = (await till.call("GET", "/customers/C1/timeline?limit=2&group=points")).json()
        rest = (await till.http.get(
            "/api/v1/customers/C1/timeline", params={"limit": 2, "group": "points", "cursor": page["next"]},
            headers={"authorization": f"Bearer {KEY}"},
        )).json()  # fmt: skip

        assert [entry["kind"] for entry in page["entries"] + rest["entries"]] == ["points.earned"] * 3
        assert [entry["data"]["reference"] for entry in page["entries"] + rest["entries"]] == ["c", "b", "a"]
        assert rest["next"] is None

    async def test_a_customers_no_to_being_learnt_from_is_kept_once_with_its_proof(self, till: ShopSystem) -> None:
        await with_wang(till)
        no = {"allowed": False, "words": "别用我的话"}

        told = [await till.call("PUT", "/customers/C1/learning", no) for _ in range(2)]
        wrong = await till.call("PUT", "/customers/C1/learning", {"allowed": False, "words": " "})

        assert [one.json() for one in told] == [
            {"allowed": False, "changed": True},
            {"allowed": False, "changed": False},
        ]
        proofs = [(one["purpose"], one["value"], one["by"], one["words"]) for one in till.known("C1")["consent_words"]]
        assert proofs == [("learning", False, "api:till", "别用我的话")]
        assert (wrong.status_code, wrong.json()["error"]["field"]) == (422, "words")

    async def test_a_one_time_link_is_made_anew_each_time_and_kept_nowhere(self, till: ShopSystem) -> None:
        await with_wang(till)

        made = [await till.call("POST", "/customers/C1/links", {"way": "email"}, named="k1") for _ in range(2)]

        assert [answer.status_code for answer in made] == [201, 201]
        first, second = (answer.json()["token"] for answer in made)
        assert first != second

        def kept(conn):
            return repr([tuple(row) for table in (api_answers, audit.audit) for row in conn.execute(table.select())])

        assert first not in till.house.store.read_now(kept)

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"phone": "12"}, "phone"),
            ({"birthday": "2026-02-30"}, "birthday"),
            ({"channel": "telegram"}, "channel_user_id"),
            ({"fone": "1"}, "fone"),
            ({"name": "x" * 201}, "name"),
            ({"member": "perhaps"}, "member"),
            ({"name": "a\x00b"}, "name"),
        ],
    )
    async def test_what_cannot_be_is_refused_by_its_field_and_nothing_is_kept(
        self, till: ShopSystem, body: dict, field: str
    ) -> None:
        answered = await till.call("PUT", "/customers/C1", body)

        assert answered.status_code == 422
        assert answered.json()["error"]["field"] == field
        assert answered.json()["error"]["mend"]
        assert (await till.call("GET", "/customers/C1")).status_code == 404

    async def test_half_a_surrogate_and_its_like_are_refused_and_not_repeated(self, till: ShopSystem) -> None:
        answered = await till.http.put(
            "/api/v1/customers/C1", content=b'{"name": "\\ud800"}',
            headers={"authorization": f"Bearer {KEY}", "content-type": "application/json"},
        )  # fmt: skip

        assert answered.status_code == 422
        assert "ud800" not in answered.text


ORDER = {
    "customer_id": "C1", "ordered_at": "2026-11-20T09:00:00+08:00",
    "items": [{"sku": "T1", "unit_price": "19.90"}, {"sku": "T2", "quantity": 2, "unit_price": 5}],
}  # fmt: skip


class TestOrders:
    async def test_one_is_added_with_its_items_and_then_shipped(self, till: ShopSystem) -> None:
        await with_wang(till)

        added = await till.call("PUT", "/orders/A20001", ORDER)
        shipped = await till.call("PUT", "/orders/A20001", {"status": "shipped", "carrier": "顺丰"})

        assert (added.status_code, shipped.status_code) == (201, 200)
        order = (await till.call("GET", "/orders/A20001")).json()
        assert (order["status"], order["carrier"], order["customer_id"]) == ("shipped", "顺丰", "C1")
        assert [(item["sku"], item["quantity"], item["unit_price"]) for item in order["items"]] == [
            ("T1", 1, "19.90"),
            ("T2", 2, "5"),
        ]
        kinds = [entry["kind"] for entry in till.known("C1")["timeline"]]
        assert kinds.count("order.created") == kinds.count("order.shipped") == 1

    async def test_an_order_of_which_one_item_is_wrong_is_not_kept_by_half(self, till: ShopSystem) -> None:
        await with_wang(till)
        wrong = ORDER | {"items": [{"sku": "T1"}, {"sku": "T2", "unit_price": "1,000"}]}

        answered = await till.call("PUT", "/orders/A20001", wrong)

        assert (answered.status_code, answered.json()["error"]["field"]) == (422, "unit_price")
        assert (await till.call("GET", "/orders/A20001")).status_code == 404


class TestPoints:
    async def test_they_are_earned_and_spent_once_by_their_reference(self, till: ShopSystem) -> None:
        await with_wang(till)
        earned = {"points": 100, "reason": "order", "reference": "order-1"}

        first = await till.call("POST", "/customers/C1/points", earned)
        again = await till.call("POST", "/customers/C1/points", earned)
        spent = await till.call("POST", "/customers/C1/points", {"points": -30}, named="spend-1")
        spent_again = await till.call("POST", "/customers/C1/points", {"points": -30}, named="spend-1")
        too_many = await till.call("POST", "/customers/C1/points", {"points": -71, "reference": "spend-2"})

        assert (first.status_code, again.status_code) == (201, 200)
        assert (spent.json()["balance"], spent_again.json()["balance"]) == (70, 70)
        assert too_many.json()["error"]["field"] == "points"
        assert (await till.call("GET", "/customers/C1/points")).json()["balance"] == 70

    async def test_without_a_name_of_any_kind_nothing_is_entered(self, till: ShopSystem) -> None:
        await with_wang(till)

        answered = await till.call("POST", "/customers/C1/points", {"points": 5})

        assert (answered.status_code, answered.json()["error"]["code"]) == (422, "no_reference")
        assert till.known("C1")["points"] == 0


class TestRefunds:
    SOON, LATE = "2026-12-01", "2027-12-01"

    async def spent_on_an_order(self, till: ShopSystem) -> None:
        await with_wang(till)
        for points, until in ((50, self.LATE), (40, self.SOON)):
            earned = {"points": points, "expires_at": until, "reference": until}
            await till.call("POST", "/customers/C1/points", earned)
        spent = await till.call("POST", "/customers/C1/points", {"points": -60, "order_no": "A1"})
        assert (spent.status_code, spent.json()["reference"]) == (201, "order:A1:spent")

    async def test_points_spent_on_an_order_come_back_into_their_very_lots(self, till: ShopSystem) -> None:
        await self.spent_on_an_order(till)

        part = await till.call(
            "POST", "/customers/C1/points/refunds", {"order_no": "A1", "points": 30, "reference": "p"}
        )
        rest = await till.call("POST", "/customers/C1/points/refunds", {"spent": "order:A1:spent"}, named="rest")

        assert (part.status_code, part.json()["refunded"], part.json()["left"]) == (201, 30, 30)
        assert [lot["points"] for lot in part.json()["lots"]] == [10, 50], "what was drawn last came back first"
        assert (rest.json()["refunded"], rest.json()["left"], rest.json()["balance"]) == (30, 0, 90)
        assert [lot["points"] for lot in rest.json()["lots"]] == [40, 50]

    async def test_a_refund_is_made_once_however_often_it_is_told(self, till: ShopSystem) -> None:
        await self.spent_on_an_order(till)
        refund = {"order_no": "A1", "points": 20, "reference": "r1"}

        told = [await till.call("POST", "/customers/C1/points/refunds", refund) for _ in range(3)]
        spent_again = await till.call("POST", "/customers/C1/points", {"points": -60, "order_no": "A1"})

        assert [(one.status_code, one.json()["refunded"]) for one in told] == [(201, 20), (200, 20), (200, 20)]
        assert spent_again.json()["result"] == "unchanged"
        assert till.known("C1")["points"] == 50

    async def test_points_whose_lot_has_expired_come_back_for_the_time_of_grace(self, till: ShopSystem) -> None:
        await self.spent_on_an_order(till)
        till.house.clock.move_to(NOW + timedelta(days=60))

        await till.call("POST", "/customers/C1/points/refunds", {"order_no": "A1"}, named="r")

        ends = [lot["expires_at"] for lot in till.known("C1")["lots"]]
        assert ends[0] == (till.house.clock.now() + till.house.grace).astimezone(UTC).isoformat()

    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            ({"spent": "nothing", "reference": "x"}, 409, "nothing_spent"),
            ({"order_no": "A1", "points": 61, "reference": "x"}, 409, "refunded_already"),
            ({"order_no": "A1", "reference": "order:A1:spent"}, 409, "reference_taken"),
            ({"order_no": "A1"}, 422, "no_reference"),
            ({"reference": "x"}, 422, "invalid"),
            ({"order_no": "A1", "spent": "order:A1:spent", "reference": "x"}, 422, "invalid"),
            ({"order_no": "A1", "points": 0, "reference": "x"}, 422, "invalid"),
            ({"order_no": "a\x00", "reference": "x"}, 422, "refused"),
        ],
    )
    async def test_what_cannot_come_back_is_refused_and_nothing_moves(
        self, till: ShopSystem, body: dict, status: int, code: str
    ) -> None:
        await self.spent_on_an_order(till)

        answered = await till.call("POST", "/customers/C1/points/refunds", body)

        assert (answered.status_code, answered.json()["error"]["code"]) == (status, code)
        assert till.known("C1")["points"] == 30

    async def test_an_order_cannot_be_told_to_earn(self, till: ShopSystem) -> None:
        await with_wang(till)

        answered = await till.call("POST", "/customers/C1/points", {"points": 5, "order_no": "A1"})

        assert (answered.status_code, till.known("C1")["points"]) == (422, 0)


class TestCoupons:
    TEN_OFF = Offer("ten-off", "amount", Decimal(10), currency="CNY", min_spend=Decimal(50), points=100, stock=2)

    async def begun(self, till: ShopSystem) -> str:
        await with_wang(till)
        till.house.store.run_now(coupons.define, self.TEN_OFF)
        await till.call("POST", "/customers/C1/points", {"points": 150, "reference": "welcome"})
        issued = await till.call("POST", "/customers/C1/coupons", {"coupon": "ten-off", "for_points": True}, named="k1")
        assert issued.status_code == 201
        return str(issued.json()["code"])

    async def test_one_is_issued_reserved_redeemed_and_comes_back_with_its_order(self, till: ShopSystem) -> None:
        code = await self.begun(till)
        await till.call("PUT", "/orders/A1", ORDER | {"status": "created"})
        bill = {"order_no": "A1", "spend": "80.00"}

        reserved = await till.call("POST", f"/coupons/{code}/reserve", bill)
        taken = await till.call("POST", f"/coupons/{code}/redeem", bill | {"order_no": "A2"})
        used = [await till.call("POST", f"/coupons/{code}/redeem", bill) for _ in range(2)]
        await till.tell({"id": "e1", "type": "order.cancelled", "data": {"order_no": "A1"}})

        assert (reserved.json()["state"], reserved.json()["off"]) == ("reserved", "10")
        assert (taken.status_code, taken.json()["error"]["code"]) == (409, "coupon_reserved")
        assert [(one.status_code, one.json()["off"]) for one in used] == [(200, "10")] * 2
        assert (await till.call("GET", f"/coupons/{code}")).json()["state"] == "issued"
        listed = (await till.call("GET", "/customers/C1/coupons")).json()["coupons"]
        assert [(one["code"], one["state"]) for one in listed] == [(code, "issued")]
        steps = [(entry["kind"], entry["by"]) for entry in till.known("C1")["timeline"]]
        assert [step for step in steps if step[0].startswith("coupon.")] == [
            ("coupon.issued", "api:till"),
            ("coupon.reserved", "api:till"),
            ("coupon.used", "api:till"),
            ("coupon.returned", "import"),
        ]

    async def test_it_is_issued_once_by_its_reference_or_the_calls_own_name(self, till: ShopSystem) -> None:
        code = await self.begun(till)
        gift = {"coupon": "ten-off", "reference": "gift"}

        again = await till.call("POST", "/customers/C1/coupons", {"coupon": "ten-off", "for_points": True}, named="k1")
        gifts = [await till.call("POST", "/customers/C1/coupons", gift) for _ in range(2)]
        nameless = await till.call("POST", "/customers/C1/coupons", {"coupon": "ten-off"})
        gone = await till.call("POST", "/customers/C1/coupons", gift | {"reference": "another"})

        assert (again.json()["code"], again.headers["idempotent-replayed"]) == (code, "true")
        assert [one.status_code for one in gifts] == [201, 200]
        assert (nameless.status_code, nameless.json()["error"]["code"]) == (422, "no_reference")
        assert (gone.status_code, gone.json()["error"]["code"]) == (409, "coupon_gone")
        assert till.known("C1")["points"] == 50

    async def test_one_that_is_taken_back_gives_its_points_back(self, till: ShopSystem) -> None:
        code = await self.begun(till)

        cancelled = await till.call("POST", f"/coupons/{code}/cancel", named="c1")

        assert (cancelled.json()["state"], cancelled.json()["points"]) == ("cancelled", 100)
        assert till.known("C1")["points"] == 150

    async def test_an_order_lets_go_and_gives_back_what_it_does_not_need(self, till: ShopSystem) -> None:
        code = await self.begun(till)
        bill = {"order_no": "A1", "spend": 80}

        await till.call("POST", f"/coupons/{code}/reserve", bill)
        let_go = await till.call("POST", f"/coupons/{code}/release", {"order_no": "A1"})
        await till.call("POST", f"/coupons/{code}/redeem", bill)
        undone = await till.call("POST", f"/coupons/{code}/undo", {"order_no": "A1"})

        assert [one.json()["state"] for one in (let_go, undone)] == ["issued", "issued"]

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"order_no": "A1"}, "spend"), ({"order_no": "A1", "spend": "much"}, "spend"),
            ({"order_no": "a\x00", "spend": 80}, "order_no"), ({"order_no": " ", "spend": 80}, "order_no"),
        ],
    )  # fmt: skip
    async def test_what_cannot_be_is_refused_by_its_field(self, till: ShopSystem, body: dict, field: str) -> None:
        code = await self.begun(till)

        answered = await till.call("POST", f"/coupons/{code}/redeem", body)

        assert answered.status_code == 422
        assert field in answered.json()["error"]["field"]
        unknown = await till.call("POST", "/coupons/NONE-1/redeem", {"order_no": "A1", "spend": 80})
        assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "no_such_coupon")


class TestTickets:
    async def test_one_is_opened_resolved_and_reopened_and_its_steps_are_kept(self, till: ShopSystem) -> None:
        await with_wang(till)

        opened = await till.call("POST", "/customers/C1/tickets", {"category": "delivery", "summary": "破损"})
        number = opened.json()["number"]
        await till.call("POST", f"/tickets/{number}/status", {"status": "resolved"})
        again = await till.call("POST", f"/tickets/{number}/status", {"status": "open"})
        wrong = await till.call("POST", f"/tickets/{number}/status", {"status": "open"})

        assert opened.status_code == 201
        assert again.json()["status"] == "open"
        assert (wrong.status_code, wrong.json()["error"]["code"]) == (409, "ticket_elsewhere")
        assert (await till.call("GET", f"/tickets/{number}")).json()["customer"] == "C1"
        assert [one["number"] for one in (await till.call("GET", "/customers/C1/tickets")).json()["tickets"]] == [
            number
        ]
        steps = [(entry["kind"], entry["by"]) for entry in till.known("C1")["timeline"]]
        assert [step for step in steps if step[0].startswith("ticket.")] == [
            ("ticket.opened", "api:till"),
            ("ticket.resolved", "api:till"),
            ("ticket.reopened", "api:till"),
        ]

    async def test_what_is_not_there_is_404(self, till: ShopSystem) -> None:
        for path in ("/tickets/T-1", "/customers/nobody", "/customers/nobody/points", "/orders/A1", "/nothing"):
            answered = await till.call("GET", path)
            assert answered.status_code == 404, path
            assert answered.json()["error"]["message"]


class TestNames:
    async def test_a_call_made_again_changes_nothing_and_is_answered_as_before(self, till: ShopSystem) -> None:
        await with_wang(till)
        body = {"category": "delivery", "summary": "破损"}

        first = await till.call("POST", "/customers/C1/tickets", body, named="k1")
        again = await till.call("POST", "/customers/C1/tickets", body, named="k1")
        other = await till.call("POST", "/customers/C1/tickets", body | {"priority": "high"}, named="k1")

        assert (again.status_code, again.json()) == (first.status_code, first.json())
        assert (first.headers.get("idempotent-replayed"), again.headers["idempotent-replayed"]) == (None, "true")
        assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_key_reused")
        assert len(till.known("C1")["tickets"]) == 1

    async def test_calls_of_one_name_at_the_same_moment_do_it_once(self, till: ShopSystem) -> None:
        await with_wang(till)
        body = {"category": "delivery", "summary": "破损"}

        answers = await asyncio.gather(
            *(till.call("POST", "/customers/C1/tickets", body, named="k1") for _ in range(8))
        )  # fmt: skip

        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.json()["number"] for answer in answers}) == 1
        assert len(till.known("C1")["tickets"]) == 1

    async def test_a_refused_call_may_be_mended_under_the_same_name(self, till: ShopSystem) -> None:
        refused = await till.call("PUT", "/customers/C1", {"phone": "12"}, named="k1")
        mended = await till.call("PUT", "/customers/C1", {"phone": "13800001208"}, named="k1")

        assert (refused.status_code, mended.status_code) == (422, 201)

    async def test_names_of_two_keys_are_not_the_same(self, till: ShopSystem) -> None:
        till.has_key("erp", "shk_another")

        first = await till.call("PUT", "/customers/C1", {"name": "A"}, named="k1")
        second = await till.call("PUT", "/customers/C2", {"name": "B"}, named="k1", key="shk_another")

        assert (first.status_code, second.status_code) == (201, 201)

    async def test_names_are_forgotten_after_a_week(self, till: ShopSystem) -> None:
        await till.call("PUT", "/customers/C1", {"name": "A"}, named="old")
        till.house.clock.move_to(NOW.replace(day=30, hour=11))
        await till.call("PUT", "/customers/C1", {"name": "A"}, named="new")

        def kept(conn):
            return [row.call for row in conn.execute(api_answers.select())]

        assert till.house.store.read_now(kept) == ["new"]


CALLS = {
    "customers:read": [("GET", "/customers"), ("GET", "/customers/C1"), ("GET", "/customers/C1/timeline")],
    "customers:write": [("PUT", "/customers/C1"), ("POST", "/customers/C1/links"), ("PUT", "/customers/C1/learning")],
    "orders:read": [("GET", "/orders/A1")],
    "orders:write": [("PUT", "/orders/A1")],
    "points:read": [("GET", "/customers/C1/points")],
    "points:write": [("POST", "/customers/C1/points"), ("POST", "/customers/C1/points/refunds")],
    "coupons:read": [("GET", "/customers/C1/coupons"), ("GET", "/coupons/AAAA")],
    "coupons:write": [
        ("POST", "/customers/C1/coupons"),
        ("POST", "/coupons/AAAA/reserve"),
        ("POST", "/coupons/AAAA/release"),
        ("POST", "/coupons/AAAA/redeem"),
        ("POST", "/coupons/AAAA/undo"),
        ("POST", "/coupons/AAAA/cancel"),
    ],
    "tickets:read": [("GET", "/customers/C1/tickets"), ("GET", "/tickets/T-1")],
    "tickets:write": [("POST", "/customers/C1/tickets"), ("POST", "/tickets/T-1/status")],
    "events:write": [("POST", "/events")],
}


BODIES = {
    "/customers/C1/points": {"points": 1, "reference": "r"},
    "/customers/C1/tickets": {"category": "other", "summary": "s"},
    "/customers/C1/points/refunds": {"spent": "r", "reference": "r2"},
    "/customers/C1/coupons": {"coupon": "ten-off", "reference": "r"},
    "/coupons/AAAA/reserve": {"order_no": "A1", "spend": 80},
    "/coupons/AAAA/release": {"order_no": "A1"},
    "/coupons/AAAA/redeem": {"order_no": "A1", "spend": 80},
    "/coupons/AAAA/undo": {"order_no": "A1"},
    "/tickets/T-1/status": {"status": "closed"},
    "/events": {"type": "shop.visit", "customer_id": "C1"},
}


class TestKeys:
    def test_every_route_is_in_the_table(self, till: ShopSystem) -> None:
        paths = build_api(till.house, DESK).openapi()["paths"]
        routes = sum(len(methods) for methods in paths.values())

        assert routes == sum(len(calls) for calls in CALLS.values())
        assert set(CALLS) == set(SCOPES)

    async def test_each_scope_opens_its_routes_and_no_other(self, till: ShopSystem) -> None:
        for scope in SCOPES:
            till.has_key(scope.replace(":", "-"), f"shk_{scope}", scope)
        for needed, calls in CALLS.items():
            for method, path in calls:
                body = None if method == "GET" else BODIES.get(path, {})
                for scope in SCOPES:
                    till.house.clock.move_to(till.house.clock.now() + timedelta(seconds=1))  # one address has its rate
                    answered = await till.call(method, path, body, key=f"shk_{scope}")
                    assert (answered.status_code == 403) == (scope != needed), (method, path, scope)

    async def test_without_a_key_with_a_wrong_one_and_with_a_revoked_one_nobody_comes_in(
        self, till: ShopSystem
    ) -> None:
        bare = await till.http.get("/api/v1/customers")
        wrong = await till.call("GET", "/customers", key="shk_wrong")
        till.house.store.run_now(api_keys.revoke, "till", now=NOW)
        revoked = await till.call("GET", "/customers")

        assert [answer.status_code for answer in (bare, wrong, revoked)] == [401, 401, 401]
        assert all(answer.headers["www-authenticate"].startswith("Bearer") for answer in (bare, wrong, revoked))
        assert "shk_wrong" not in wrong.text

    async def test_the_use_of_a_key_is_noted(self, till: ShopSystem) -> None:
        await till.call("GET", "/customers")

        (key,) = till.house.store.read_now(api_keys.everyone)
        assert key.used_at == till.house.clock.now()
