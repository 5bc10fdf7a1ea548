"""What the shop's own systems read and write of customers, orders and tickets, each thing once."""

from __future__ import annotations

import asyncio

import pytest

from crm_store import audit
from crm_store.api_answers import api_answers
from tests.api.shops import KEY, NOW, ORDER, WANG, ShopSystem, with_wang


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


class TestOrders:
    async def test_what_the_shop_says_of_an_order_under_its_own_names_is_kept_and_said_again(
        self, till: ShopSystem
    ) -> None:
        await with_wang(till)
        own = {"gift_wrap": True, "仓库": "杭州二仓", "floor": 3, "status": "refunded", "sku": "no"}

        await till.call("PUT", "/orders/A20001", ORDER | {"attributes": own})
        same = await till.call("PUT", "/orders/A20001", {"attributes": own})
        changed = await till.call("PUT", "/orders/A20001", {"attributes": {"floor": "4"}})

        assert (same.json()["result"], changed.json()["result"]) == ("unchanged", "changed")
        order = (await till.call("GET", "/orders/A20001")).json()
        assert order["attributes"] == {"gift_wrap": "1", "仓库": "杭州二仓", "floor": "4"}
        assert order["status"] != "refunded", "what is a column of ours is said as one"

    @pytest.mark.parametrize(
        "attributes", [{"x": {"deep": 1}}, {"x": None}, {"": "x"}, {"x": "y" * 2_001}, {str(n): "x" for n in range(51)}]
    )
    async def test_attributes_that_cannot_be_kept_are_refused_and_nothing_of_the_order_is(
        self, till: ShopSystem, attributes: dict[str, object]
    ) -> None:
        await with_wang(till)

        answered = await till.call("PUT", "/orders/A20001", ORDER | {"attributes": attributes})

        assert answered.status_code == 422
        assert answered.json()["error"]["field"].startswith("attributes")
        assert (await till.call("GET", "/orders/A20001")).status_code == 404

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
