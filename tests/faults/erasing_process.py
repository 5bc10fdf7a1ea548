"""An erasure in a process of its own, for tests that kill it."""

from __future__ import annotations

import sys
from collections.abc import Awaitable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bot.forgetting import Places, erase_customer
from crm_store.ports import SystemClock
from crm_store.privacy import ledger
from crm_store.unit_of_work import Store
from tests.faults.bot_process import FORK_SERVER, ended_with
from tests.faults.steps import Steps

TAKEN = "taken"


@dataclass(frozen=True, slots=True)
class Plan:
    """Whom a process is to erase where; ``kill_at`` is the step (of those named ``of``) at which it kills itself."""

    url: str
    root: Path
    customer: str
    kill_at: int | None = None
    of: str | None = None

    @property
    def places(self) -> Places:
        return Places(self.root / "var", self.root / "shop/nlu", self.root / "var/models")


async def run_erasure(plan: Plan, *, kill_when: Awaitable[None] | None = None) -> int | None:
    """Erase, and return the exit code: -9 where it was killed, by itself or from outside when ``kill_when`` is done.

    Where it ends by itself, it leaves the number of its steps in the file ``taken`` beside ``root``.
    """
    return await ended_with(FORK_SERVER.Process(target=_begin, args=(plan,)), kill_when)


def _begin(plan: Plan) -> None:
    steps = Steps(plan.kill_at, of=plan.of)
    with closing(Store(plan.url)) as store:
        steps.watch_store(store)
        steps.watch_files()
        hashes = ledger.hashes(plan.places.var)
        erase_customer(store, plan.customer, plan.places, by="user:me", hashes=hashes, clock=SystemClock())
        taken = steps.taken
    plan.root.with_name(f"{plan.root.name}-{TAKEN}").write_text(str(taken))
    sys.exit(0)
