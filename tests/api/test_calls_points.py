"""Points, refunds and coupons, as the shop's own systems give and take them."""

from __future__ import annotations

from datetime import UTC, timedelta
from decimal import Decimal

import pytest

from crm_store import coupons
from crm_store.coupons import Offer
from tests.api.shops import NOW, ORDER, ShopSystem, with_wang


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
