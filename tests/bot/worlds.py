"""A virtual world in a test: the real one, understanding by keyword rules, spoken to in lines of JSON."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from structlog.testing import capture_logs
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.settings import Settings, build
from bot.simulate import World, run
from bot.wiring import build_understander
from care.policy import Policy, load_policy
from care.settings import CareSettings
from flows.standard import load_standard
from nlu.understand import Understander

ROOT = Path(__file__).parents[2]
WANG = {
    "customer_id": "C1", "name": "王芳", "language": "zh", "timezone": "Asia/Shanghai", "birthday": "1990-03-05",
    "phone": "13800001234", "email": "wang@example.com", "member": "1", "tier": "gold", "marketing_consent": "1",
    "channel": "telegram", "channel_user_id": "u1",
}  # fmt: skip
ANA = {
    "customer_id": "C2", "name": "Ana Lopez", "language": "en", "timezone": "Europe/London", "birthday": "--07-14",
    "phone": "+447700909999", "marketing_consent": "1", "channel": "wechat", "channel_user_id": "ana",
}  # fmt: skip
A10293 = {
    "order_no": "A10293", "customer_id": "C1", "ordered_at": "2026-01-02T10:00:00+08:00", "status": "shipped",
    "sku": "TEA-001", "quantity": 1, "unit_price": "99.00", "currency": "CNY", "paid_at": "2026-01-02T10:05:00+08:00",
    "shipped_at": "2026-01-04T10:00:00+08:00", "eta": "2026-01-06T18:00:00+08:00", "carrier": "顺丰",
    "tracking_no": "SF1234567890",
}  # fmt: skip
TEA = {"sku": "TEA-001", "name_zh": "桂花乌龙", "name_en": "Osmanthus Oolong", "price": "99.00", "currency": "CNY"}


@cache
def settings() -> Settings:
    """Return the settings of a shop that set nothing itself."""
    return build({"log": {"level": "error"}}, root=ROOT)


@cache
def understander() -> Understander:
    """Return the understanding that works without a model."""
    return build_understander(settings(), None, rules_stand_in=False)


# Read from YAML once for all worlds: a hundred of them would read the same for ten seconds.
_standard = cache(load_standard)


@cache
def _policy(_: CareSettings, **overlays: Path | None) -> Policy:
    return load_policy(settings().care, **overlays)


class Talk:
    """Lines in, answers out."""

    def __init__(self, world: World, runner: asyncio.Runner) -> None:
        self.world = world
        self._runner = runner

    def raw(self, *lines: bytes) -> list[bytes]:
        """Hand over lines of bytes and return the answers as written."""
        answers: list[bytes] = []
        self._runner.run(run(self.world, [line + b"\n" for line in lines], answers.append))
        return answers

    def lines(self, *lines: Any) -> list[dict[str, Any]]:
        """Hand over values as JSON lines and return the answers."""
        return [json.loads(answer) for answer in self.raw(*(json.dumps(line).encode() for line in lines))]

    def __call__(self, **line: Any) -> dict[str, Any]:
        """Hand over one line that is taken, and return its answer."""
        (answer,) = self.lines(line)
        assert "error" not in answer, answer
        return answer

    def refused(self, **line: Any) -> str:
        """Hand over one line that is refused, and return why."""
        (answer,) = self.lines(line)
        assert set(answer) == {"line", "error"}, answer
        return str(answer["error"])

    def say(self, customer: str, text: str, **more: Any) -> dict[str, Any]:
        """Let a customer write."""
        return self(customer=customer, text=text, **more)

    def load(self, kind: str, *rows: dict[str, Any]) -> dict[str, Any]:
        """Bring in rows of the shop's data."""
        return self(load=kind, rows=list(rows))

    def show(self, id: str) -> Any:
        """Return all that is known of a customer."""
        return self(show="customer", id=id)["shown"]


@contextmanager
def a_world(
    *,
    seed: int = 7,
    store_url: str | None = None,
    sections: Mapping[str, Any] | None = None,
    understands: Understander | None = None,
    runner: asyncio.Runner | None = None,
) -> Iterator[Talk]:
    """Begin a world, and end it; ``sections`` are what its shop has set.

    ``understands`` is the understanding with a model, and ``runner`` that in whose loop its client lives.
    """
    chosen = build({"log": {"level": "error"}, **sections}, root=ROOT) if sections else settings()
    with patch("bot.wiring.load_standard", _standard), patch("bot.wiring.load_policy", _policy):
        world = World(chosen, understands or understander(), seed=seed, store_url=store_url)
        try:
            with asyncio.Runner() if runner is None else nullcontext(runner) as running:
                yield Talk(world, running)
        finally:
            world.close()


def shuke(*arguments: str, input: bytes = b"") -> Result:
    """Call a command within this process; what it logs is swallowed, since its stderr ends with the call."""
    with patch("bot.logs.configure"), capture_logs():
        return CliRunner().invoke(app, arguments, input=input)


def kinds(answer: dict[str, Any]) -> list[str]:
    """Return the types of an answer's events."""
    return [event["type"] for event in answer["events"]]


def event(answer: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return the one event of this type."""
    (found,) = [event for event in answer["events"] if event["type"] == kind]
    return dict(found)


def texts(answer: dict[str, Any]) -> list[str]:
    """Return what was sent."""
    return [message["text"] for message in answer["sent"]]
