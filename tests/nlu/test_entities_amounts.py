"""Money, points, quantities, ratings."""

import pytest

from tests.nlu.reading import values


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        ("￥199.5", "199.50", "CNY"),
        ("199.5元", "199.50", "CNY"),
        ("１９９元", "199.00", "CNY"),
        ("1,299元", "1299.00", "CNY"),
        ("一百块", "100.00", "CNY"),
        ("三块五", "3.50", "CNY"),
        ("三塊錢", "3.00", "CNY"),
        ("2万元", "20000.00", "CNY"),
        ("1.2k", "1200.00", "CNY"),
        ("$20", "20.00", "USD"),
        ("20 dollars", "20.00", "USD"),
        ("one hundred dollars", "100.00", "USD"),
        ("€5", "5.00", "EUR"),
        ("HK$100", "100.00", "HKD"),
        ("0.125元", "0.125", "CNY"),
    ],
)
def test_an_amount_has_its_currency_and_two_decimals(text: str, value: str, currency: str) -> None:
    assert values(text, "amount") == [{"value": value, "currency": currency}]


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("一千分", 1000),
        ("500积分", 500),
        ("我有一千二百積分", 1200),
        ("积分1200", 1200),
        ("用1000分换", 1000),
        ("1.2k points", 1200),
        ("twenty five points", 25),
    ],
)
def test_points_are_whole_numbers(text: str, points: int) -> None:
    assert values(text, "points") == [points]


@pytest.mark.parametrize("text", ["打8分", "五分钟", "3点20分", "80分钟", "给你们90分", "10.5 points"])
def test_marks_and_minutes_are_no_points(text: str) -> None:
    assert values(text, "points") == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("两件", 2),
        ("买一个杯子", 1),
        ("3 boxes", 3),
        ("two cups", 2),
        ("來三盒", 3),
        ("桂花乌龙x2", 2),
        ("2x", 2),
        ("十二只", 12),
    ],
)
def test_a_quantity_is_a_whole_number(text: str, count: int) -> None:
    assert values(text, "quantity") == [count]


@pytest.mark.parametrize("text", ["有一个问题", "三个月", "两三盒", "第3个", "一件事", "等了两个小时", "4个人"])
def test_what_counts_no_goods_is_no_quantity(text: str) -> None:
    assert values(text, "quantity") == []


def test_a_bare_number_is_the_quantity_that_was_asked_for() -> None:
    assert values("三", "quantity", asking="quantity") == [3]
    assert values("3", "quantity") == []


@pytest.mark.parametrize(
    ("text", "value", "scale"),
    [
        ("五星", 5, 5),
        ("给五星好评", 5, 5),
        ("4.5 stars", 4.5, 5),
        ("⭐⭐⭐⭐", 4, 5),
        ("4/5", 4, 5),
        ("打8分", 8, 10),
        ("给你们打个九分", 9, 10),
        ("打80分", 80, 100),
        ("满分10分给8分", 8, 10),
        ("8 out of 10", 8, 10),
        ("four out of five", 4, 5),
        ("rate it 9", 9, 10),
    ],
)
def test_a_rating_has_its_scale(text: str, value: float, scale: int) -> None:
    assert values(text, "rating") == [{"value": value, "scale": scale}]


@pytest.mark.parametrize(("text", "value", "scale"), [("8", 8, 10), ("4", 4, 5), ("八分", 8, 10), ("nine!", 9, 10)])
def test_a_bare_number_is_the_rating_that_was_asked_for(text: str, value: int, scale: int) -> None:
    assert values(text, "rating", asking="rating") == [{"value": value, "scale": scale}]


@pytest.mark.parametrize("text", ["8", "11/5", "on 4/5", "星期五", "五星期", "2 of 5 cups"])
def test_what_rates_nothing_is_no_rating(text: str) -> None:
    assert values(text, "rating") == []
