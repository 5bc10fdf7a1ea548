"""A desk over HTTP on a house whose clock stands still; browsers keep their cookies and bring their forms' tokens."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from argon2 import PasswordHasher
from fastapi import FastAPI

from bot.ports import Capabilities
from bot.wiring import build_policy, forgetting_of
from crm_store import accounts
from crm_store.patience import Patience
from crm_store.precedence import Precedence
from crm_store.sign_ins import Limits
from desk.building import build_router
from desk.context import Desk
from desk.live import Live
from desk.passwords import Passwords
from desk.roles import Role
from tests.bot.house import House

PASSWORD = "correct horse battery"
LIMITS = Limits(idle=timedelta(hours=12), at_most=timedelta(days=7))
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Hashes in no time; what it costs is not what these tests are about."""


class Browser:
    """Somebody's browser."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.csrf = ""

    async def get(self, path: str, **more: Any) -> httpx.Response:
        return self._kept(await self.client.get(path, **more))

    async def post(self, path: str, *, part: bool = False, **form: str) -> httpx.Response:
        """Send a form of a page of ours; ``part`` as htmx sends it."""
        headers = {"HX-Request": "true"} if part else {}
        return self._kept(await self.client.post(path, data={"csrf": self.csrf} | form, headers=headers))

    async def sign_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        answer = await self.post("/desk/sign-in", name=name, password=password)
        if answer.status_code == 303:
            await self.get("/desk", follow_redirects=True)  # a page, with the token of its forms
        return answer

    def _kept(self, answer: httpx.Response) -> httpx.Response:
        if found := re.search(r'name="csrf" value="(\w+)"', answer.text):
            self.csrf = found.group(1)
        return answer


class DeskHouse:
    """A house with a desk; ``browser`` gives one that nobody is signed in in."""

    def __init__(self, house: House) -> None:
        self.house = house
        settings = house.settings
        self.passwords = Passwords(QUICK)
        self.channels: dict[str, Capabilities] = {house.channel.name: house.channel.capabilities}
        self.desk = Desk(
            store=house.store, clock=house.clock, ids=house.ids, chance=Random(7), passwords=self.passwords,
            live=Live(house.store), policy=build_policy(settings), zone=ZoneInfo(settings.shop.zone), language="en",
            region=settings.shop.region,
            hours=house.settings.desk_hours,
            limits=LIMITS, order=Precedence(), https=False, channels=self.channels,
            forgetting=replace(forgetting_of(settings), patience=Patience(timedelta(), rest=timedelta())),
        )  # fmt: skip
        self.router = build_router(self.desk)
        # Not included: that would build each route a second time, for every test.
        self.app = FastAPI(routes=self.router.routes)

    @property
    def now(self) -> datetime:
        return self.house.clock.now()

    def add(self, name: str, role: Role = "agent", password: str = PASSWORD) -> None:
        self.house.write(accounts.add, name, role=role, password_hash=QUICK.hash(password), now=self.now)

    def browser(self, *, address: str = "203.0.113.7", base: str = "http://desk.example", **headers: str) -> Browser:
        transport = httpx.ASGITransport(app=self.app, client=(address, 4711))
        return Browser(httpx.AsyncClient(transport=transport, base_url=base, headers={"Origin": base} | headers))

    async def agent(self, name: str, role: Role = "agent") -> Browser:
        """A browser in which somebody with a new account is signed in."""
        self.add(name, role)
        browser = self.browser()
        answer = await browser.sign_in(name)
        assert answer.status_code == 303, answer.text
        return browser

    def customer(self, user: str) -> str:
        """Return the internal id of a customer by their user id."""
        return str(self.house.identity(user).customer_id)
