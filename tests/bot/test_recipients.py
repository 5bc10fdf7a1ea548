"""Whatever customers become of one another, an answer leaves by the identity that spoke."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import structlog

from bot.answers import answer_rows
from crm_store import conversations, identities
from crm_store.unit_of_work import Store
from tests.bot.switchboard import Switchboard, Tally


@pytest.fixture(autouse=True)
def quiet_log() -> Any:
    """Thousands of lines of a busy platform say nothing."""
    with structlog.testing.capture_logs():
        yield


def held(tally: Tally, steps: int) -> None:
    assert not tally.wrong, "\n".join(tally.wrong[:10])
    assert min(tally.replies, tally.by_agents, tally.merged + tally.unmerged) > steps / 40, tally


async def test_an_answer_leaves_by_the_identity_that_spoke(store: Store, tmp_path: Path) -> None:
    steps = 200 if store.is_shared else 400

    tally = await Switchboard(store, tmp_path, seed=11).live(steps)

    held(tally, steps)


@pytest.mark.long
@pytest.mark.timeout(600)
async def test_an_answer_leaves_by_the_identity_that_spoke_for_long(store: Store, tmp_path: Path) -> None:
    steps = 1000 if store.is_shared else 4000

    tally = await Switchboard(store, tmp_path, seed=12).live(steps)

    held(tally, steps)


class TestTheCheckBites:
    """What would be wrong is found."""

    @staticmethod
    async def found(store: Store, root: Path) -> str:
        if store.is_shared:
            pytest.skip("what is wrong is so on one database as on the other")
        return "\n".join((await Switchboard(store, root, seed=11).live(400)).wrong)

    async def test_an_agent_answering_by_the_first_identity_is_found(
        self, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def by_the_first(conn: Any, customer_id: str) -> Any:
            talk = conversations.of_customer(conn, customer_id)
            first = identities.of_customer(conn, customer_id)[:1]
            return talk if talk is None else Changed(talk, identity_id=first[0].id if first else None)

        monkeypatch.setattr("bot.desk_actions.conversations", Changed(conversations, of_customer=by_the_first))

        assert "agent " in await self.found(store, tmp_path)

    async def test_a_bot_answering_by_the_first_identity_is_found(
        self, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def by_the_first(messages: Any, able: Any, *, who: Any, **more: Any) -> Any:
            first = store.read_now(identities.of_customer, who.customer_id)[0]
            wrong = Changed(who, identity_id=first.id, channel=first.channel, user_id=first.user_id)
            return answer_rows(messages, able, who=wrong, **more)

        monkeypatch.setattr("bot.answering.answer_rows", by_the_first)

        assert "reply " in await self.found(store, tmp_path)


class Changed:
    """Something of which a part is another."""

    def __init__(self, what: Any, **parts: Any) -> None:
        self._what, self._parts = what, parts

    def __getattr__(self, name: str) -> Any:
        return self._parts[name] if name in self._parts else getattr(self._what, name)
