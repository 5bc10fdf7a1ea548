"""What stands on the desk's pages is said in words of the shop's, in both languages."""

from zoneinfo import ZoneInfo

import pytest

from crm_store import order_requests
from crm_store.order_requests import CHANGES, RETURNS, label
from desk.words import texts_of, words

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("language", "text", "shown"),
    [
        ("zh", "order.cancel A10293", "取消订单 A10293"),
        ("en", "order.price A10293: 99.00", "Price difference of order A10293: 99.00"),
        ("en", "data.copy", "Wants a copy of all their data"),
        ("en", "Please call me back", "Please call me back"),
        ("zh", "", ""),
    ],
)
def test_what_a_task_is_about_is_told_in_words(language, text, shown):
    assert words(language, SHANGHAI).matter(text) == shown


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_request_about_an_order_has_its_words(language):
    works = (
        order_requests.CANCEL,
        *CHANGES,
        *RETURNS,
        order_requests.PRICE,
        order_requests.CARRIER,
        order_requests.MONEY,
    )

    assert [work for work in works if f"matter.{label(work, '').strip()}" not in texts_of(language)] == []
