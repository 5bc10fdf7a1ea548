"""The demo shop is checked as an export of a real shop would be, before anything of it is imported."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
import pytest
import yaml
from lunar_python import LunarMonth

DEMO = Path(__file__).parent.parent / "demo"
COLUMNS = {
    "customers": "customer_id,name,language,timezone,birthday,birthday_calendar,birthday_leap,feb29,phone,"
    "email,city,member,tier,marketing_consent,channel,channel_user_id",
    "products": "sku,name_zh,name_en,aliases,category,price,currency,stock,description_zh,description_en",
    "orders": "order_no,line,customer_id,ordered_at,status,sku,quantity,unit_price,currency,paid_at,"
    "shipped_at,delivered_at,eta,carrier,tracking_no",
    "points": "customer_id,points,reason,at,expires_at,reference",
}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
# The times that an order must have by its status; a cancelled or refunded one may have stopped anywhere.
TIMES_BY_STATUS: dict[str, list[set[str]]] = {
    "created": [set()],
    "paid": [{"paid_at"}],
    "shipped": [{"paid_at", "shipped_at"}],
    "delivered": [{"paid_at", "shipped_at", "delivered_at"}],
    "cancelled": [set(), {"paid_at"}],
    "refunded": [{"paid_at"}, {"paid_at", "shipped_at", "delivered_at"}],
}
Row = dict[str, str]


@cache
def rows(table: str) -> list[Row]:
    with (DEMO / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


@cache
def shop() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DEMO / "shop.yml").read_text(encoding="utf-8"))
    return loaded


def anchor() -> datetime:
    return datetime.combine(shop()["anchor"], time(), tzinfo=ZoneInfo(shop()["zone"]))


def moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    assert at.tzinfo is not None, f"{text} has no offset"
    return at


def orders() -> dict[str, list[Row]]:
    """Each order's rows by its number, in the order of the file."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows("orders"):
        found[row["order_no"]].append(row)
    return found


def orders_of(user: str) -> list[Row]:
    """The first rows of a terminal user's orders."""
    return [lines[0] for lines in orders().values() if lines[0]["customer_id"] == terminal(user)["customer_id"]]


def terminal(user: str) -> Row:
    [found] = [row for row in rows("customers") if (row["channel"], row["channel_user_id"]) == ("terminal", user)]
    return found


def open_lots(customer_id: str, at: datetime) -> list[tuple[datetime, int]]:
    """The lots (expiry, points left) that a customer can spend at a moment; fails where more was spent."""
    lots: list[tuple[datetime, int]] = []
    mine = [row for row in rows("points") if row["customer_id"] == customer_id]
    for row in sorted(mine, key=lambda row: moment(row["at"])):
        points, when = int(row["points"]), moment(row["at"])
        if when > at:
            break
        if points > 0:
            lots.append((moment(row["expires_at"]), points))
            continue
        lots = sorted(lot for lot in lots if lot[0] > when)
        owed = -points
        assert owed <= sum(left for _, left in lots), f"{row['reference']} spends more than there is"
        spent: list[tuple[datetime, int]] = []
        for expires_at, left in lots:
            drawn = min(left, owed)
            owed -= drawn
            if left > drawn:
                spent.append((expires_at, left - drawn))
        lots = spent
    return sorted(lot for lot in lots if lot[0] > at)


@pytest.mark.parametrize("table", COLUMNS)
def test_each_file_has_the_import_columns_and_no_stray_blanks(table: str) -> None:
    for row in rows(table):
        assert ",".join(row) == COLUMNS[table]
        assert all(value == value.strip() for value in row.values()), row


def test_the_shop_has_forty_products_sixty_customers_and_two_hundred_orders() -> None:
    assert (len(rows("products")), len(rows("customers")), len(orders())) == (40, 60, 200)
    assert Counter(row["language"] for row in rows("customers")) == {"zh": 45, "en": 15}


def test_ids_are_unique() -> None:
    for table, key in (
        ("products", "sku"),
        ("customers", "customer_id"),
        ("customers", "email"),
        ("points", "reference"),
    ):
        assert len({row[key] for row in rows(table)}) == len(rows(table)), (table, key)
    identities = [(row["channel"], row["channel_user_id"]) for row in rows("customers") if row["channel"]]
    tracking = [lines[0]["tracking_no"] for lines in orders().values() if lines[0]["tracking_no"]]
    assert len(set(identities)) == len(identities)
    assert len(set(tracking)) == len(tracking)


def test_every_reference_leads_somewhere() -> None:
    customers = {row["customer_id"] for row in rows("customers")}
    skus = {row["sku"] for row in rows("products")}

    assert {row["sku"] for row in rows("orders")} <= skus
    assert {row["customer_id"] for row in rows("orders")} - {""} <= customers
    assert {row["customer_id"] for row in rows("points")} <= customers


def test_products_speak_both_languages() -> None:
    for row in rows("products"):
        aliases = row["aliases"].split("|")
        assert CHINESE.search(row["name_zh"]), row["sku"]
        assert not CHINESE.search(row["name_en"] + row["description_en"]), row["sku"]
        assert row["description_zh"].count("。") == 2, row["sku"]
        assert len(re.findall(r"\.(?: |$)", row["description_en"])) == 2, row["sku"]
        assert any(CHINESE.search(alias) for alias in aliases), row["sku"]
        assert any(alias.isascii() for alias in aliases), row["sku"]


def test_an_alias_means_one_product() -> None:
    used = Counter(alias.lower() for row in rows("products") for alias in row["aliases"].split("|"))

    assert [alias for alias, times in used.items() if times > 1] == []


def test_prices_are_yuan_and_a_few_products_are_sold_out() -> None:
    for row in rows("products"):
        assert re.fullmatch(r"[1-9]\d*\.\d\d", row["price"]), row["sku"]
        assert row["currency"] == shop()["currency"]
    assert 2 <= sum(row["stock"] == "0" for row in rows("products")) <= 5


def test_phones_are_valid_and_unique() -> None:
    parsed = [phonenumbers.parse(row["phone"], "CN") for row in rows("customers")]
    parsed.append(phonenumbers.parse(shop()["service_phone"]))
    e164 = {phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) for number in parsed}

    assert all(phonenumbers.is_valid_number(number) for number in parsed)
    assert len(e164) == len(parsed)


def test_customers_have_a_zone_a_tier_and_a_made_up_address() -> None:
    for row in rows("customers"):
        ZoneInfo(row["timezone"])
        assert row["tier"] in shop()["tiers"]
        assert {row["member"], row["marketing_consent"]} <= {"0", "1"}
        assert row["email"].endswith("@example.com")
        assert bool(row["channel"]) == bool(row["channel_user_id"])


def test_birthdays_exist_in_their_calendar() -> None:
    leap_months, leap_days = 0, set()
    for row in rows("customers"):
        if not row["birthday"]:
            assert not row["birthday_calendar"]
            continue
        written = re.fullmatch(r"(\d{4}|-)-(\d\d)-(\d\d)", row["birthday"])
        assert written, row["customer_id"]
        year, month, day = written.groups()
        if row["birthday_calendar"] == "solar":
            date(2000 if year == "-" else int(year), int(month), int(day))
        elif year == "-":
            assert int(month) <= 12
            assert int(day) <= 30
        else:
            # A leap month is the month of the same number with a minus.
            is_leap = row["birthday_leap"] == "1"
            leap_months += is_leap
            in_its_year = LunarMonth.fromYm(int(year), -int(month) if is_leap else int(month))
            assert in_its_year, row["customer_id"]
            assert int(day) <= in_its_year.getDayCount(), row["customer_id"]
        is_leap_day = row["birthday_calendar"] == "solar" and (month, day) == ("02", "29")
        assert is_leap_day == bool(row["feb29"])
        leap_days.add(row["feb29"])
    assert leap_months == 1
    assert leap_days == {"", "feb28", "mar1"}


def test_order_numbers_follow_the_pattern_and_the_day() -> None:
    for number, lines in orders().items():
        assert re.fullmatch(shop()["order_no"], number), number
        if not number.startswith("A"):
            assert number[:8] == f"{moment(lines[0]['ordered_at']):%Y%m%d}"
    for series in ("A", "2"):
        mine = [lines[0] for number, lines in orders().items() if number.startswith(series)]
        in_time = sorted(mine, key=lambda row: moment(row["ordered_at"]))
        assert [row["order_no"] for row in in_time] == sorted(row["order_no"] for row in mine)


def test_an_order_has_one_to_four_lines_that_agree() -> None:
    own = {"line", "sku", "quantity", "unit_price"}
    for number, lines in orders().items():
        assert [row["line"] for row in lines] == [str(n) for n in range(1, len(lines) + 1)], number
        assert len(lines) <= 4
        assert len({row["sku"] for row in lines}) == len(lines), number
        assert len({tuple(v for k, v in row.items() if k not in own) for row in lines}) == 1, number


def test_order_prices_are_the_catalogue_s_or_an_offer() -> None:
    catalogue = {row["sku"]: Decimal(row["price"]) for row in rows("products")}
    for row in rows("orders"):
        assert Decimal("0.9") <= Decimal(row["unit_price"]) / catalogue[row["sku"]] <= 1, row["order_no"]
        assert int(row["quantity"]) >= 1


def test_order_times_fit_the_status() -> None:
    for number, lines in orders().items():
        row = lines[0]
        steps = ["ordered_at", "paid_at", "shipped_at", "delivered_at"]
        times = [moment(row[step]) for step in steps if row[step]]
        assert {step for step in steps[1:] if row[step]} in TIMES_BY_STATUS[row["status"]], number
        assert times == sorted(set(times)), number
        assert times[-1] < anchor(), f"{number} has not happened yet"
        has_parcel = bool(row["shipped_at"])
        assert all(bool(row[key]) == has_parcel for key in ("eta", "carrier", "tracking_no")), number
        assert not has_parcel or moment(row["eta"]) > moment(row["shipped_at"]), number


def test_today_the_shop_has_an_order_of_every_kind() -> None:
    firsts = [lines[0] for lines in orders().values()]
    shipped = [row for row in firsts if row["status"] == "shipped"]
    due = Counter((moment(row["eta"]).astimezone(anchor().tzinfo).date() - anchor().date()).days for row in shipped)
    delivered_days_ago = [
        (anchor() - moment(row["delivered_at"])).days for row in firsts if row["status"] == "delivered"
    ]

    assert {row["status"] for row in firsts} == set(TIMES_BY_STATUS)
    assert due[1] >= 1, "none is due tomorrow"
    assert sum(times for days, times in due.items() if days < 0) == 1, "one order is late"
    assert min(delivered_days_ago) < 7
    assert max(delivered_days_ago) > 365


def test_points_are_signed_whole_and_valid_for_a_year() -> None:
    members = {row["customer_id"] for row in rows("customers") if row["member"] == "1"}
    for row in rows("points"):
        at, spends = moment(row["at"]), int(row["points"]) < 0
        assert row["customer_id"] in members
        assert int(row["points"]) != 0
        assert at < anchor()
        assert spends == (row["reason"] in {"redeem", "order_refunded"})
        assert spends == (not row["expires_at"])
        if row["expires_at"]:
            assert moment(row["expires_at"]).date() == at.date().replace(year=at.year + 1)


def test_an_order_earns_a_point_a_yuan_and_a_refund_takes_them_back() -> None:
    by_number = orders()
    taken_back = {row["reference"]: int(row["points"]) for row in rows("points") if row["reason"] == "order_refunded"}
    for row in rows("points"):
        if row["reason"] != "order":
            continue
        lines = by_number[row["reference"]]
        paid = sum((Decimal(line["unit_price"]) * int(line["quantity"]) for line in lines), Decimal())
        assert (row["customer_id"], row["at"]) == (lines[0]["customer_id"], lines[0]["paid_at"])
        assert int(row["points"]) == int(paid)
        ended = lines[0]["status"] in {"cancelled", "refunded"}
        assert taken_back.pop(f"{row['reference']}-refund", 0) == (-int(paid) if ended else 0)
    assert taken_back == {}


def test_no_balance_is_ever_negative() -> None:
    for row in rows("customers"):
        open_lots(row["customer_id"], anchor())


def test_a_tier_follows_the_points_earned_in_a_year() -> None:
    earned: Counter[str] = Counter()
    for row in rows("points"):
        if row["reason"] != "redeem" and moment(row["at"]) >= anchor().replace(year=anchor().year - 1):
            earned[row["customer_id"]] += int(row["points"])
    for row in rows("customers"):
        reached = [name for name, tier in shop()["tiers"].items() if earned[row["customer_id"]] >= tier["from"]]
        assert row["tier"] == (reached[-1] if reached else "regular"), row["customer_id"]


def test_wang_has_three_orders_a_parcel_due_in_two_days_and_2860_points() -> None:
    wang = terminal("wang")
    lots = open_lots(wang["customer_id"], anchor())
    [coming] = [row for row in orders_of("wang") if row["status"] == "shipped"]

    assert (wang["language"], wang["tier"], len(orders_of("wang"))) == ("zh", "gold", 3)
    assert moment(coming["eta"]).date() == anchor().date() + timedelta(days=2)
    assert sum(points for _, points in lots) == 2860
    assert anchor() + timedelta(days=1) < lots[0][0] < anchor() + timedelta(days=30)


def test_points_of_several_customers_expire_within_thirty_days() -> None:
    soon = [
        row["customer_id"]
        for row in rows("customers")
        if any(at < anchor() + timedelta(days=30) for at, _ in open_lots(row["customer_id"], anchor()))
    ]

    assert len(soon) >= 3


def test_ana_has_a_parcel_under_way_and_one_just_delivered() -> None:
    by_status = {row["status"]: row for row in orders_of("ana")}
    newest = max(row["delivered_at"] for row in orders_of("ana"))

    assert terminal("ana")["language"] == "en"
    assert moment(by_status["shipped"]["eta"]) > anchor()
    assert anchor() - moment(newest) < timedelta(days=7)


def test_li_waits_for_the_late_parcel() -> None:
    [late] = [row for row in orders_of("li") if row["status"] == "shipped"]

    assert terminal("li")["language"] == "zh"
    assert moment(late["eta"]) < anchor() - timedelta(days=3)


def test_tom_is_new() -> None:
    assert (terminal("tom")["language"], terminal("tom")["member"]) == ("en", "0")
    assert orders_of("tom") == []
    assert open_lots(terminal("tom")["customer_id"], anchor()) == []


def test_the_shop_says_its_policies_in_both_languages() -> None:
    def pairs(node: object) -> list[dict[str, str]]:
        if not isinstance(node, dict):
            return []
        own = [node] if "zh" in node or "en" in node else []
        return own + [pair for child in node.values() for pair in pairs(child)]

    assert len(pairs(shop())) > 10
    for pair in pairs(shop()):
        assert CHINESE.search(pair["zh"])
        assert pair["en"]
        assert not CHINESE.search(pair["en"])
