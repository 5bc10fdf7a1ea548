"""Customers of a list: what a row may say, what it changes, and who it proves a stranger to be."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection

from crm_store import agents, consents, conversations, customers, history, identities, linking
from crm_store.imports import RowRefused, RowResult
from tests.crm_store.importing import NOW, Shop


def a_stranger(shop: Shop, user_id: str) -> None:
    """Somebody writes on Telegram whom the shop doesn't know."""

    def unit(conn: Connection) -> None:
        customers.add(conn, id=f"stranger-{user_id}", created_at=NOW, language="en")
        identities.add(
            conn, id=f"identity-{user_id}", channel="telegram", user_id=user_id,
            customer_id=f"stranger-{user_id}", now=NOW,
        )  # fmt: skip
        conversations.add(
            conn, id=f"talk-{user_id}", customer_id=f"stranger-{user_id}", identity_id=f"identity-{user_id}", now=NOW
        )
        history.record(
            conn, at=NOW, kind="message.in", by="customer", channel="telegram", customer_id=f"stranger-{user_id}",
            conversation_id=f"talk-{user_id}", text="hello?",
        )  # fmt: skip

    shop.write(unit)


def test_a_row_becomes_a_customer_with_a_verified_identity(shop: Shop) -> None:
    [result] = shop.load(
        "customers",
        {
            "customer_id": "C1", "name": " 王雨薇 ", "language": "zh-CN", "timezone": "Asia/Shanghai",
            "phone": 13900001208, "email": "Wang@Example.com", "member": True, "tier": "gold",
            "marketing_consent": 1, "channel": "telegram", "channel_user_id": 990041657277, "city": None,
        },
    )  # fmt: skip

    shown = shop.show("telegram:990041657277")
    assert result is RowResult.ADDED
    assert (shown["customer_id"], shown["name"], shown["language"]) == ("C1", "王雨薇", "zh")
    assert (shown["phone"], shown["email"]) == ("+8613900001208", "wang@example.com")
    assert (shown["member"], shown["tier"]) == (True, "gold")
    assert shown["consent"] == {"service": True, "care": True, "marketing": True}
    assert shown["identities"] == [{"channel": "telegram", "user_id": "990041657277", "verified": True}]


def test_columns_left_out_or_empty_change_nothing(shop: Shop) -> None:
    shop.load("customers", {"customer_id": "C1", "name": "Ana", "birthday": "1990-06-02", "marketing_consent": "1"})
    before = shop.dump()

    results = shop.load(
        "customers",
        {"customer_id": "C1"},
        {"customer_id": "C1", "name": "", "birthday": "", "member": "", "marketing_consent": ""},
    )

    assert results == [RowResult.UNCHANGED] * 2
    assert shop.dump() == before


def test_what_changes_is_in_the_history_by_field(shop: Shop) -> None:
    shop.load("customers", {"customer_id": "C1", "name": "Ana", "birthday": "1990-06-02", "shoe": "38"})

    shop.load("customers", {"customer_id": "C1", "name": "Ana Whitfield", "birthday": "--06-03", "shoe": "39"})

    shown = shop.show("C1")
    assert [entry["data"] for entry in shown["timeline"]] == [
        {"field": "name"},
        {"field": "birthday"},
        {"field": "shoe"},
    ]
    assert {(entry["kind"], entry["by"]) for entry in shown["timeline"]} == {("profile.changed", "import")}
    assert shown["birthday"]["year"] is None


def test_a_second_row_of_a_customer_adds_a_channel(shop: Shop) -> None:
    shop.load("customers", {"customer_id": "C1", "name": "Ana", "channel": "telegram", "channel_user_id": "7"})

    [result] = shop.load("customers", {"customer_id": "C1", "channel": "wechat", "channel_user_id": "o7"})

    shown = shop.show("C1")
    assert result is RowResult.CHANGED
    assert [(one["channel"], one["verified"]) for one in shown["identities"]] == [("telegram", True), ("wechat", True)]
    assert shown["name"] == "Ana"
    assert shop.kinds("C1") == ["identity.linked"]


def test_a_stranger_s_identity_becomes_the_imported_customer_s_with_all_that_was_said(shop: Shop) -> None:
    a_stranger(shop, "7")

    shop.load("customers", {"customer_id": "C1", "name": "Ana", "channel": "telegram", "channel_user_id": "7"})
    again = shop.load("customers", {"customer_id": "C1", "name": "Ana", "channel": "telegram", "channel_user_id": "7"})

    shown = shop.show("telegram:7")
    assert shown["customer_id"] == "C1"
    assert [(entry["kind"], entry.get("text")) for entry in shown["timeline"]] == [
        ("message.in", "hello?"), ("identity.merged", None), ("identity.linked", None),
    ]  # fmt: skip
    assert shop.kinds("C1") == ["message.in", "identity.merged", "identity.linked"]
    assert shown["identities"][0]["verified"] is True
    assert again == [RowResult.UNCHANGED]
    assert len(shop.dump()["customers"]) == 1


def test_a_stranger_whose_platform_vouched_for_the_phone_is_the_imported_customer(shop: Shop) -> None:
    def shares_contact(conn: Connection) -> None:
        linking.link_phone(conn, identities.find(conn, "telegram", "7"), "+8613900001208", now=NOW)

    a_stranger(shop, "7")
    shop.write(shares_contact)

    shop.load(
        "customers", {"customer_id": "C1", "phone": "139 0000 1208", "channel": "wechat", "channel_user_id": "o7"}
    )

    shown = shop.show("telegram:7")
    assert shown["customer_id"] == "C1"
    assert {one["channel"] for one in shown["identities"]} == {"telegram", "wechat"}
    assert len(shop.dump()["customers"]) == 1


def test_an_identity_of_another_customer_is_refused(shop: Shop) -> None:
    shop.load("customers", {"customer_id": "C1", "channel": "telegram", "channel_user_id": "7"})
    before = shop.dump()

    with pytest.raises(RowRefused, match="channel_user_id: belongs to another customer; take it out of one"):
        shop.load("customers", {"customer_id": "C2", "channel": "telegram", "channel_user_id": "7"})

    assert shop.dump() == before


def test_no_consent_is_recorded_until_the_list_says_yes_and_a_later_no_withdraws_it(shop: Shop) -> None:
    shop.load("customers", {"customer_id": "C1", "marketing_consent": ""})
    shop.load("customers", {"customer_id": "C1", "marketing_consent": "0"})
    silent = shop.kinds("C1")

    shop.load("customers", {"customer_id": "C1", "marketing_consent": "1"})
    shop.load("customers", {"customer_id": "C1", "marketing_consent": "0"})

    said = [(entry["data"]["purpose"], entry["data"]["value"]) for entry in shop.show("C1")["timeline"]]
    assert silent == []
    assert said == [("care", True), ("marketing", True), ("care", False), ("marketing", False)]


@pytest.mark.parametrize("said_before_import", [False, True])
def test_what_a_customer_said_about_our_messages_outlives_an_old_list(shop: Shop, said_before_import: bool) -> None:
    row = {"customer_id": "C1", "channel": "telegram", "channel_user_id": "7", "marketing_consent": "1"}
    if said_before_import:
        a_stranger(shop, "7")
    else:
        shop.load("customers", row)

    def opts_out(conn: Connection) -> None:
        whose = identities.find(conn, "telegram", "7")
        assert whose is not None
        for value in (True, False):
            consents.set_marketing(conn, whose.customer_id, value, now=NOW, evidence=f"message-{value}")
        consents.set_consent(conn, whose.customer_id, "service", False, now=NOW, evidence="message-stop")

    shop.write(opts_out)
    shop.load("customers", row)

    assert shop.show("C1")["consent"] == {"service": False, "care": False, "marketing": False}


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("13900001208", "+8613900001208"),
        ("139-0000-1208", "+8613900001208"),
        ("+86 139 0000 1208", "+8613900001208"),
        ("008613900001208", "+8613900001208"),
        ("０１３９００００１２０８", "+8613900001208"),
        ("0571-8888 1234", "+8657188881234"),
        ("+44 20 7946 0118", "+442079460118"),
        (13900001208, "+8613900001208"),
        (13900001208.0, "+8613900001208"),
        ("1.39E+10", None),
        ("12", None),
        ("call me", None),
    ],
)
def test_phones_are_kept_in_one_form_and_impossible_ones_refused(shop: Shop, written: Any, kept: str | None) -> None:
    row = {"customer_id": "C1", "phone": written}
    if kept is None:
        with pytest.raises(RowRefused, match="phone: cannot be a phone number; write one such as"):
            shop.load("customers", row)
    else:
        shop.load("customers", row)

        assert shop.show("C1")["phone"] == kept


@pytest.mark.parametrize(
    ("birthday", "calendar", "leap", "kept"),
    [
        ("1988-11-29", "", "", ("solar", 1988, 11, 29, False)),
        ("--06-02", "solar", "0", ("solar", None, 6, 2, False)),
        ("--02-29", "", "", ("solar", None, 2, 29, False)),
        ("1965-08-15", "lunar", "", ("lunar", 1965, 8, 15, False)),
        ("1995-08-10", "lunar", "1", ("lunar", 1995, 8, 10, True)),
        ("--06-30", "lunar", "1", ("lunar", None, 6, 30, True)),
    ],
)
def test_birthdays_are_kept_as_their_calendar_has_them(
    shop: Shop, birthday: str, calendar: str, leap: str, kept: tuple[Any, ...]
) -> None:
    shop.load(
        "customers",
        {"customer_id": "C1", "birthday": birthday, "birthday_calendar": calendar, "birthday_leap": leap},
    )

    shown = shop.show("C1")["birthday"]
    assert (shown["calendar"], shown["year"], shown["month"], shown["day"], shown["leap_month"]) == kept


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"birthday": "1990-02-29"}, "birthday"),
        ({"birthday": "1990-13-01"}, "birthday"),
        ({"birthday": "1990/06/02"}, "birthday"),
        ({"birthday": "0190-06-02"}, "birthday"),
        ({"birthday": "2090-06-02"}, "birthday"),
        ({"birthday": "1990-06-02", "birthday_leap": "1"}, "birthday_leap"),
        ({"birthday": "1994-08-10", "birthday_calendar": "lunar", "birthday_leap": "1"}, "birthday_leap"),
        ({"birthday": "--06-31", "birthday_calendar": "lunar"}, "birthday"),
        ({"birthday": "1990-06-02", "birthday_calendar": "julian"}, "birthday_calendar"),
        ({"feb29": "mar2"}, "feb29"),
        ({"timezone": "Europe"}, "timezone"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"email": "ana at example.com"}, "email"),
        ({"language": "中文"}, "language"),
        ({"member": "perhaps"}, "member"),
        ({"channel": "telegram"}, "channel_user_id"),
        ({"channel_user_id": "7"}, "channel"),
        ({"name": {"first": "Ana"}}, "name"),
        ({"name": "Ana\x00"}, "name"),
        ({"name": "\ud83d"}, "name"),
        ({"customer_id": ""}, "customer_id"),
    ],
)
def test_what_cannot_be_is_refused_by_its_column_without_repeating_it(
    shop: Shop, row: dict[str, Any], field: str
) -> None:
    with pytest.raises(RowRefused) as refused:
        shop.load("customers", {"customer_id": "C1", **row})

    assert refused.value.field == field
    assert refused.value.mend
    assert not row.get(field) or str(row[field]) not in str(refused.value)
    assert shop.dump()["customers"] == []


def test_a_list_says_who_looks_after_a_customer_and_only_an_agent_can(shop: Shop) -> None:
    shop.write(agents.ensure, "li", now=NOW)

    report = shop.import_text("customers", "customer_id,owner\nC1,li\nC2,stranger\nC3,\n")

    assert [(one.line, one.field) for one in report.refused] == [(3, "owner")]
    assert {one: shop.show(one)["account_owner"] for one in ("C1", "C3")} == {"C1": "li", "C3": None}
