"""Builds the objects and joins them; the only place where concrete classes meet."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.answering import Answering, Shop
from bot.delivery import Delivery
from bot.errors import SettingsError
from bot.forgetting import Forgetting, Places
from bot.intake import Claimed, Intake
from bot.metrics import Metrics
from bot.ports import Capabilities, Channel
from bot.settings import Settings
from bot.silence import Silence
from bot.turn import Turn, Understand
from bot.worker import Worker
from care.due import last_moment
from care.policy import Policy, load_policy
from crm_store.imports import ImportSettings
from crm_store.ports import Clock, Ids
from crm_store.precedence import Precedence
from crm_store.unit_of_work import Store
from flows.standard import Standard, load_standard
from nlu.breaker import Breaker
from nlu.chosen_model import pointer
from nlu.client import RasaAddress, RasaClient
from nlu.entities.order_no import OrderPattern
from nlu.loopback import LoopbackTransport
from nlu.rasa_pool import RasaPool
from nlu.thresholds import Measured
from nlu.training import thresholds_file
from nlu.understand import IntentClassifier, Understander


@dataclass(frozen=True, slots=True)
class House:
    """The pipeline, put together: what takes messages in, works on them and sends the answers out."""

    store: Store
    intake: Intake
    turn: Turn
    delivery: Delivery
    worker: Worker
    policy: Policy
    metrics: Metrics
    silence: Silence


def build_understander(
    settings: Settings, classifier: IntentClassifier | None, *, rules_stand_in: bool = True
) -> Understander:
    """Return the understanding of messages; without a classifier keyword rules answer."""
    return Understander(
        classifier,
        thresholds=Measured(
            partial(thresholds_file, settings.nlu), settings.nlu.least_confidence, pointer(settings.nlu.models)
        ),
        region=settings.shop.region,
        currency=settings.shop.currency,
        orders=OrderPattern(settings.shop.order_no),
        rules_stand_in=rules_stand_in,
        deadline=settings.nlu.deadline if rules_stand_in else None,
    )


def build_classifier(settings: Settings, find: Callable[[], Sequence[RasaAddress]]) -> RasaPool:
    """Return the classifier that asks the Rasas which ``find`` finds."""

    def open_client(address: RasaAddress) -> RasaClient:
        breaker = Breaker(failures=settings.nlu.failures_before_pause, pause=settings.nlu.pause, now=monotonic)
        return RasaClient(
            lambda: address, deadline=settings.nlu.deadline, breaker=breaker, transport=LoopbackTransport()
        )

    return RasaPool(
        find, open_client=open_client, deadline=settings.nlu.deadline, now=monotonic,
        most_waiting=settings.nlu.most_waiting, remembered=settings.nlu.remembered,
    )  # fmt: skip


def fixed_address(url: str, token: str) -> Any:
    """Return a `locate` for a Rasa that is always at the same place."""
    address = RasaAddress(url.rstrip("/"), token)
    return lambda: address


def import_settings(settings: Settings) -> ImportSettings:
    """Return how the shop's own files are to be read."""
    shop = settings.shop
    return ImportSettings(
        zone=ZoneInfo(shop.zone),
        region=shop.region,
        currency=shop.currency,
        desk=settings.desk_hours,
        loyalty=settings.loyalty,
    )


def places_of(settings: Settings) -> Places:
    """Return where files beside the database may hold something of a customer."""
    return Places(settings.var, settings.nlu.overlay or settings.overlay / "nlu", settings.nlu.models)


def forgetting_of(settings: Settings) -> Forgetting:
    """Return how this installation forgets."""
    return Forgetting(places_of(settings), settings.privacy.secret())


def queue_order(settings: Settings) -> Precedence:
    """Return what a customer's value is worth in the queue of this shop."""
    console = settings.console
    return Precedence(
        console.first_tiers, console.head_start, Decimal(console.spent_for_a_minute), settings.shop.currency
    )


def build_policy(settings: Settings) -> Policy:
    """Return the rules and words of care, the shop's own over ours."""
    care = settings.overlay / "care"
    return load_policy(
        settings.care,
        rules_overlay=care if care.is_dir() else None,
        replies_overlay=care / "replies" if (care / "replies").is_dir() else None,
    )


def build_dialogue(settings: Settings) -> Standard:
    """Return the flows, words and knowledge, the shop's own over ours.

    Raises:
        SettingsError: the folder of more knowledge is not there.
        FlowError: a file cannot be read; it names the place and the mend.
    """
    overlay, knowledge = settings.overlay / "flows", settings.flows.knowledge.folder
    own = overlay if overlay.is_dir() else None
    if knowledge is None:
        return load_standard(own)
    if not (settings.root / knowledge).is_dir():
        raise SettingsError(f"flows.knowledge.folder: there is no folder {knowledge}; make it, or name another")
    return load_standard(own, settings.root / knowledge)


def build_delivery(
    settings: Settings,
    policy: Policy,
    *,
    store: Store,
    clock: Clock,
    channels: Mapping[str, Channel],
    worker: str,
    metrics: Metrics,
    elsewhere: Collection[str],
) -> Delivery:
    """Return the way out over ``channels``; what goes over those ``elsewhere`` is left to other processes."""

    def ask_care(conn: Connection, row: Any, now: datetime) -> str | None:
        return last_moment(conn, row, now, policy)

    return Delivery(
        store, clock, channels, worker=worker, lease=settings.work.lease, last_moment=ask_care, metrics=metrics,
        elsewhere=elsewhere,
    )  # fmt: skip


def build_house(
    settings: Settings,
    *,
    store: Store,
    clock: Clock,
    ids: Ids,
    channels: Mapping[str, Channel],
    understand: Understand,
    worker: str,
    metrics: Metrics | None = None,
    elsewhere: Mapping[str, Capabilities] | None = None,
) -> House:
    """Put the pipeline together. ``channels`` is kept, so that one may be added until the first message.

    ``elsewhere`` are the channels that other processes serve. ``metrics`` counts for the
    whole process; a house alone has its own.
    """
    dialogue = build_dialogue(settings)
    policy = build_policy(settings)
    lease = settings.work.lease
    metrics = metrics or Metrics()
    delivery = build_delivery(
        settings, policy, store=store, clock=clock, channels=channels, worker=worker, metrics=metrics,
        elsewhere=elsewhere or {},
    )  # fmt: skip
    shop = Shop(
        settings.shop.language, settings.shop.zone, settings.shop.region, settings.desk_hours, settings.loyalty,
        settings.flows,
    )  # fmt: skip
    answering = Answering(dialogue, shop, channels, ids, worker=worker, elsewhere=elsewhere)
    turn = Turn(store, clock, understand, answering, delivery, worker=worker, lease=lease, metrics=metrics)
    at_work = Worker(
        store, clock, turn, delivery, name=worker, lease=lease, sweep_every=settings.work.sweep_every,
        drain=settings.work.drain,
    )  # fmt: skip

    def start(claimed: Claimed) -> None:
        at_work.start(claimed)

    intake = Intake(store, clock, ids, worker=worker, lease=lease, start=start, metrics=metrics)
    silence = Silence(store, dialogue, shop, answering.able, ids, is_quiet=policy.settings.is_quiet)
    return House(store, intake, turn, delivery, at_work, policy, metrics, silence)
