"""The desk in the browser, as a part of the web role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from random import SystemRandom
from zoneinfo import ZoneInfo

from fastapi import APIRouter

from bot.ports import Capabilities
from bot.running.process import Process
from bot.wiring import build_policy, forgetting_of, queue_order
from crm_store.patience import Patience
from crm_store.sign_ins import Limits
from desk.building import build_router
from desk.context import Desk
from desk.live import Live
from desk.passwords import Passwords
from nlu.intents import intent_names

IN_A_BROWSER = Patience(timedelta(seconds=10), rest=timedelta(milliseconds=200))
"""How long an erasure waits, while a browser does, for a customer who is being answered."""


async def open_desk(process: Process, channels: Mapping[str, Capabilities]) -> APIRouter:
    """Return the routes of the desk over ``channels``; its streams end when the process is asked to stop."""
    settings = process.settings
    live = Live(process.store)
    passwords = Passwords()
    process.parts.stack.callback(passwords.close)
    await process.parts.beside("the desk's streams", live.until(process.parts.stopping))
    return build_router(
        Desk(
            store=process.store,
            clock=process.clock,
            ids=process.ids,
            chance=SystemRandom(),
            passwords=passwords,
            live=live,
            policy=build_policy(settings),
            zone=ZoneInfo(settings.shop.zone),
            region=settings.shop.region,
            language=settings.shop.language,
            hours=settings.desk_hours,
            limits=Limits(settings.console.idle, settings.console.signed_in_at_most),
            order=queue_order(settings),
            channels=channels,
            https=settings.console.https,
            forgetting=replace(forgetting_of(settings), patience=IN_A_BROWSER),
            intents=intent_names(settings.nlu.rasa_folder, settings.nlu.overlay),
        )
    )
