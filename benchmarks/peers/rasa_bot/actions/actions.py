"""What the peer does about a message: look up an order, points; open a ticket; hand over."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.shop import open_shop

SHOP = open_shop(Path(os.environ["PEER_SHOP_DB"]))


class OrderStatus(Action):
    """Tell status, carrier and day of arrival, to the order's own customer."""

    def name(self) -> str:
        return "action_order_status"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        order_no = tracker.get_slot("order_no")
        row = SHOP.execute(
            "SELECT status, carrier, tracking_no, eta FROM orders WHERE order_no = ? AND customer = ?",
            (order_no, tracker.sender_id),
        ).fetchone()
        if row is None:
            dispatcher.utter_message(text=f"没有找到订单 {order_no}。 I can't find {order_no} among your orders.")
        else:
            status, carrier, tracking_no, eta = row
            dispatcher.utter_message(text=f"{order_no}: {status}, {carrier} {tracking_no}, {eta}")
        return [SlotSet("order_no", None)]


class Points(Action):
    """Tell the balance and the lot that expires next."""

    def name(self) -> str:
        return "action_points"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        lots = SHOP.execute(
            "SELECT points, expires_at FROM points WHERE customer = ? ORDER BY expires_at",
            (tracker.sender_id,),
        ).fetchall()
        if not lots:
            dispatcher.utter_message(text="您还没有积分。 You have no points yet.")
        else:
            points, expires_at = lots[0]
            balance = sum(lot[0] for lot in lots)
            dispatcher.utter_message(
                text=f"{balance} 积分，{points} 分 {expires_at} 到期。 "
                f"{balance} points; {points} expire on {expires_at}."
            )
        return []


class OpenTicket(Action):
    """Write the complaint down, if the customer confirmed it, and tell its number."""

    def name(self) -> str:
        return "action_open_ticket"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        if tracker.get_slot("confirmed"):
            with SHOP:
                number = SHOP.execute(
                    "INSERT INTO tickets (customer, category, order_no, description) VALUES (?, ?, ?, ?)",
                    (
                        tracker.sender_id,
                        tracker.get_slot("category") or "other",
                        tracker.get_slot("order_no"),
                        tracker.get_slot("description"),
                    ),
                ).lastrowid
            dispatcher.utter_message(text=f"已登记，编号 T-{number}。 Your case is T-{number}.")
        else:
            dispatcher.utter_message(response="utter_cancelled")
        return [SlotSet(slot, None) for slot in ("category", "description", "order_no", "confirmed")]


class HandOver(Action):
    """Put the customer on the list of those who wait for a person."""

    def name(self) -> str:
        return "action_hand_over"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        with SHOP:
            SHOP.execute("INSERT INTO handovers (customer) VALUES (?)", (tracker.sender_id,))
        dispatcher.utter_message(text="同事马上来。 A colleague will be with you.")
        return []
