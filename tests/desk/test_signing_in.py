"""Signing in: who gets in, who doesn't, what either is told, and how a session ends."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from crm_store import accounts
from desk.access import COOKIE
from desk.passwords import MOST_WAITING, Passwords, TooBusy, generated
from tests.desk.desks import LIMITS, PASSWORD, QUICK, Browser, DeskHouse

WRONG = "Name or password is wrong."


async def is_in(browser: Browser) -> bool:
    answer = await browser.get("/desk/queue")
    assert answer.status_code == 200 or answer.headers["location"] == "/desk/sign-in"
    return answer.status_code == 200


async def test_who_has_the_password_is_let_in_and_the_cookie_is_for_us_alone(desk: DeskHouse) -> None:
    desk.add("li")
    browser = desk.browser()
    assert not await is_in(browser)

    answer = await browser.sign_in("li")

    cookie = answer.headers["set-cookie"]
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
    assert all(part in cookie for part in ("HttpOnly", "SameSite=lax", "Path=/desk"))
    assert "Secure" not in cookie  # over plain http a browser would drop it
    assert await is_in(browser)


async def test_over_https_the_cookie_never_goes_over_http(desk: DeskHouse) -> None:
    desk.add("li")

    answer = await desk.browser(base="https://desk.example").sign_in("li")

    assert "Secure" in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    ("name", "password"), [("li", "wrong"), ("nobody", PASSWORD), ("", PASSWORD), ("li", "x" * 999)]
)
async def test_whoever_is_refused_hears_the_same_words(desk: DeskHouse, name: str, password: str) -> None:
    desk.add("li")
    browser = desk.browser()

    answer = await browser.sign_in(name, password)

    assert answer.status_code == 401
    assert WRONG in answer.text
    assert not await is_in(browser)


async def test_a_name_that_nobody_has_costs_the_work_of_a_real_one(
    desk: DeskHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.add("li")
    looked_at = []
    verify = PasswordHasher.verify
    monkeypatch.setattr(
        PasswordHasher, "verify", lambda self, kept, password: looked_at.append(kept) or verify(self, kept, password)
    )

    await desk.browser().sign_in("li", "wrong")
    await desk.browser().sign_in("nobody", "wrong")

    assert len(looked_at) == 2
    assert all(kept.startswith("$argon2id$") for kept in looked_at)


@pytest.mark.parametrize("name", ["li", "nobody"])
async def test_after_five_wrong_passwords_a_name_waits_longer_and_longer_known_or_not(
    desk: DeskHouse, name: str
) -> None:
    desk.add("li")
    browser = desk.browser()

    first = [(await browser.sign_in(name, "wrong")).status_code for _ in range(5)]
    waits = []
    for minutes in (1, 2, 4, 8, 15, 15):
        locked = await browser.sign_in(name, PASSWORD)
        waits.append((locked.status_code, f"Try again in {minutes} min." in locked.text))
        await desk.house.later(minutes=minutes)
        await browser.sign_in(name, "wrong")

    assert first == [401] * 5
    assert waits == [(429, True)] * 6


async def test_many_tries_at_once_are_counted_as_many(desk: DeskHouse) -> None:
    desk.add("li")
    browsers = [desk.browser(address=f"198.51.100.{number}") for number in range(12)]

    answers = await asyncio.gather(*(browser.sign_in("li", "wrong") for browser in browsers))

    assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 7


async def test_the_right_password_after_the_wait_ends_the_counting(desk: DeskHouse) -> None:
    desk.add("li")
    browser = desk.browser()
    for _ in range(5):
        await browser.sign_in("li", "wrong")
    await desk.house.later(minutes=1)

    assert (await browser.sign_in("li")).status_code == 303
    assert [(await browser.sign_in("li", "wrong")).status_code for _ in range(5)] == [401] * 5


async def test_who_does_nothing_for_long_is_signed_out_and_an_open_page_is_nothing(desk: DeskHouse) -> None:
    browser = await desk.agent("li")
    for _ in range(3):
        await desk.house.later(hours=11)
        assert await is_in(browser)  # somebody clicked

    for _ in range(12):
        await desk.house.later(hours=1)
        await browser.get("/desk/counts")  # the page asked by itself

    assert not await is_in(browser)


async def test_nobody_stays_signed_in_longer_than_a_week(desk: DeskHouse) -> None:
    browser = await desk.agent("li")
    hours = int(LIMITS.at_most / timedelta(hours=1))

    stayed = []
    for _ in range(0, hours, 10):
        await desk.house.later(hours=10)
        stayed.append(await is_in(browser))

    assert stayed == [True] * (hours // 10) + [False]


async def test_who_signs_out_is_out_also_with_the_old_cookie(desk: DeskHouse) -> None:
    browser = await desk.agent("li")
    token = browser.client.cookies[COOKIE]

    answer = await browser.post("/desk/sign-out")
    browser.client.cookies.set(COOKIE, token, domain="desk.example", path="/desk")

    assert answer.headers["location"] == "/desk/sign-in"
    assert not await is_in(browser)


async def test_another_password_signs_out_everywhere(desk: DeskHouse) -> None:
    here = await desk.agent("li")
    there = desk.browser()
    await there.sign_in("li")

    desk.house.write(accounts.set_password, "li", QUICK.hash("another password"), now=desk.now)

    assert not await is_in(here)
    assert not await is_in(there)
    assert (await here.sign_in("li")).status_code == 401
    assert (await here.sign_in("li", "another password")).status_code == 303


async def test_a_disabled_account_is_out_at_once_and_stays_out(desk: DeskHouse) -> None:
    browser = await desk.agent("li")

    desk.house.write(accounts.disable, "li", now=desk.now)

    assert not await is_in(browser)
    answer = await browser.sign_in("li")
    assert answer.status_code == 401
    assert WRONG in answer.text


async def test_a_hash_made_with_other_parameters_is_made_anew(desk: DeskHouse) -> None:
    old = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(PASSWORD)
    desk.house.write(accounts.add, "li", role="agent", password_hash=old, now=desk.now)

    await desk.browser().sign_in("li")

    kept = desk.house.read(accounts.of, "li").password_hash
    assert kept != old
    assert not QUICK.check_needs_rehash(kept)
    assert (await desk.browser().sign_in("li")).status_code == 303


async def test_passwords_are_looked_at_a_few_at_a_time_and_the_rest_is_turned_away() -> None:
    passwords = Passwords(QUICK)
    kept = QUICK.hash(PASSWORD)

    looks = (passwords.is_right(PASSWORD, kept) for _ in range(MOST_WAITING + 3))
    found = await asyncio.gather(*looks, return_exceptions=True)

    assert [one for one in found if one is True] == [True] * MOST_WAITING
    assert [type(one) for one in found[MOST_WAITING:]] == [TooBusy] * 3
    passwords.close()


def test_a_made_up_password_is_long_and_not_the_same_twice(desk: DeskHouse) -> None:
    one, other = generated(desk.desk.chance), generated(desk.desk.chance)

    assert len(one) >= 24
    assert one != other


async def test_neither_password_nor_token_is_kept_as_it_is(desk: DeskHouse) -> None:
    browser = await desk.agent("li")
    token = browser.client.cookies[COOKIE]

    database = desk.house.root / "shuke.db"
    everything = b"".join(path.read_bytes() for path in database.parent.glob("shuke.db*"))

    assert len(token) == 64
    assert token.encode() not in everything
    assert PASSWORD.encode() not in everything
