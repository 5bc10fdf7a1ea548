"""Keep the customer's word on what we may send, at once: per purpose, and for one channel where they name one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm_store import consents
from flows.actions import ActionContext, action
from flows.engine.values import word
from nlu.contact_wish import ContactWish, read_contact_wish

OPT_OUT, OPT_IN = "opt_out_marketing", "opt_in_marketing"
CHATS = frozenset({"telegram", "wechat", "wecom", "webchat"})
"""Channels that a wish can be about alone; who says "texts" or "mails" means whatever we send."""
_TOLD = ("marketing", "care", "service")


@action(
    "set_marketing_consent",
    gives=("changed", "sends"),
    may_give=("stopped", "kept", "channel", "nothing_left"),
    takes={"value": (True, False)},
    meant={"value": {OPT_IN: True, OPT_OUT: False}},
)
def set_marketing_consent(context: ActionContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Keep the wish that the message says; ``value`` is which way it goes.

    ``stopped``, ``kept`` and ``sends`` are the purposes in words, ``channel`` the one that it is about,
    ``nothing_left`` is true where not even news of orders comes any more; ``changed`` is false where
    all of it had been said before.
    """
    given = args.get("only")
    if given in consents.PURPOSES and args["value"] is True:
        return _keep(context, ContactWish(frozenset(), frozenset({given})), None)
    return honour(context, out=args["value"] is not True)


def honour(context: ActionContext, *, out: bool) -> Mapping[str, Any]:
    """Keep what the message's words wish, and return what `set_marketing_consent` tells.

    Who wants less of one thing and keeps another says both, in whatever order: so the wish for less is looked for.
    """
    wish = read_contact_wish(context.text, out=out or OPT_OUT in context.heard.names)
    named = {str(one.value) for one in context.heard.entities if one.entity == "channel"} & CHATS
    return _keep(context, wish, context.channel if wish.here and not named else min(named, default=None))


def _keep(context: ActionContext, wish: ContactWish, channel: str | None) -> Mapping[str, Any]:
    before = consents.of_customer(context.conn, context.customer_id)
    values = {purpose: False for purpose in consents.PURPOSES if purpose in wish.stops}
    on_already = {"service"} if before["service"] else set()
    values |= {purpose: True for purpose in consents.PURPOSES if purpose in wish.sends - on_already}
    if not wish.stops and not before["service"]:
        values["service"] = True  # who wants to hear of us again wants news of their orders too
    changed = [
        consents.set_consent(
            context.conn, context.customer_id, purpose, value, now=context.now, evidence=context.message,
            conversation_id=context.conversation_id, channel=context.channel, only_on=channel,
        )
        for purpose, value in values.items()
    ]  # fmt: skip
    told: dict[str, Any] = {
        "changed": any(changed),
        "stopped": _words(wish.stops) or None,
        "kept": _words(wish.sends if wish.stops else ()),
        "sends": _words(wish.sends),
        "nothing_left": channel is None and "service" in wish.stops,
    }
    return told if channel is None else told | {"channel": word("channel", channel)}


def _words(purposes: Any) -> list[dict[str, Any]]:
    return [word("purpose", purpose) for purpose in _TOLD if purpose in purposes]
