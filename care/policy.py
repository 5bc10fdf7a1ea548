"""What the shop wants: its rules, its settings and its words, put together once at the start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from care.calendar import zone_named
from care.rules import Rule, load_rules
from care.settings import CareSettings
from crm_store import zones
from flows.engine.state import Say
from flows.replies import LANGUAGES, Listener, Replies, ReplyError
from flows.wording import address

OUR_REPLIES = Path(__file__).with_name("replies")


class PolicyError(ValueError):
    """Rules and words do not go together; the text names the rule, what it lacks and the mend."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything that decides on care beside the facts; there are words for every rule."""

    rules: Mapping[str, Rule]
    settings: CareSettings
    replies: Replies

    def __post_init__(self) -> None:
        # A reply that fails on the day would stop the clock, so it has to have words for
        # a customer of whom nothing is known.
        for rule in self.rules.values():
            for language in LANGUAGES:
                nobody = Listener(language, self.settings.zone, datetime(2000, 1, 1, tzinfo=UTC), key="")
                try:
                    self.replies.render(Say(rule.say), nobody)
                except ReplyError as exc:
                    mend = f"in replies/{language}.yml, write a wording of it that needs nothing, not even a name"
                    raise PolicyError(f'care rule "{rule.name}": {exc}; {mend}') from exc

    def words_for(
        self, rule: Rule, customer: Any, data: Mapping[str, Any], *, key: str, now: datetime
    ) -> dict[str, Any]:
        """Return the body of the message (``text``, ``buttons``, what it is ``about``) for a customer (their row).

        ``data`` fills the placeholders; ``key`` draws the wording, the same for the same occasion.
        """
        language = self.language_of(customer.language)
        zone = zone_named(zones.of_row(customer), self.settings.zone)
        gender = (customer.attributes or {}).get("gender")
        called = address(customer.name, gender, language)
        # {name} may be left out for variety; whoever is greeted of our own accord is called by name.
        listener = Listener(language, zone.key, now, key, called)
        said = self.replies.render(Say(rule.say, {**data, "who": called}), listener)
        buttons = [{"title": choice.title, "payload": choice.payload} for choice in said.buttons]
        body: dict[str, Any] = {"text": said.text, "about": dict(data)}
        return body | {"buttons": buttons} if buttons else body

    def language_of(self, language: str | None) -> str:
        """Return the language in which a customer with this one on file is written to."""
        short = (language or "").lower()[:2]
        return short if short in LANGUAGES else self.settings.language


def load_policy(
    settings: CareSettings, *, rules_overlay: Path | None = None, replies_overlay: Path | None = None
) -> Policy:
    """Read rules and words, ours and a shop's over them.

    Raises:
        FlowError: a file is wrong.
        PolicyError: a rule has no words.
    """
    return Policy(load_rules(rules_overlay), settings, Replies.load(OUR_REPLIES, replies_overlay))
