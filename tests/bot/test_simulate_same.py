"""The same input brings the same output, byte for byte, whatever the process; another seed brings other ids."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.bot.worlds import A10293, ANA, ROOT, WANG, Talk, a_world, texts

STORY: list[dict[str, Any]] = [
    {"load": "customers", "rows": [WANG, ANA]},
    {"load": "orders", "rows": [A10293]},
    {"load": "points", "rows": [{"customer_id": "C1", "points": 2860, "at": "2026-01-01", "reference": "r1"}]},
    {"customer": "u1", "text": "我的订单 A10293 到哪了，顺便查下积分"},
    {"customer": "ana", "text": "the cup arrived broken", "channel": "wechat"},
    {"customer": "u9", "text": "你们这群骗子！杯子是坏的，垃圾"},
    {"agent": "li", "action": "reply", "customer": "u9", "text": "您好"},
    {"agent": "li", "action": "resolve", "customer": "u9"},
    {"at": "2026-12-31T09:00:00+08:00"},
    {"show": "customer", "id": "C1"},
]


def as_bytes(lines: list[dict[str, Any]]) -> list[bytes]:
    return [json.dumps(line, ensure_ascii=False).encode() for line in lines]


def ids(answers: list[bytes]) -> list[str]:
    return [message["id"] for answer in answers for message in json.loads(answer)["sent"]]


def told(world: Talk) -> list[bytes]:
    return world.raw(*as_bytes(STORY))


def test_the_same_seed_brings_the_same_bytes() -> None:
    with a_world(seed=3) as one, a_world(seed=3) as other:
        assert told(one) == told(other)


def test_another_seed_brings_other_ids() -> None:
    with a_world(seed=3) as one, a_world(seed=4) as other:
        assert not set(ids(told(one))) & set(ids(told(other)))


def test_after_a_reset_everything_is_as_in_a_fresh_world() -> None:
    with a_world() as world:
        fresh = told(world)
        world.lines({"reset": True})

        assert told(world) == fresh


def test_two_processes_write_the_same_bytes() -> None:
    command = [sys.executable, "-m", "bot.cli", "simulate", "--nlu", "rules", "--seed", "3"]
    story = b"\n".join(as_bytes(STORY))

    runs = [
        subprocess.run(command, input=story, cwd=ROOT, capture_output=True, check=True, timeout=60) for _ in range(2)
    ]

    assert runs[0].stdout == runs[1].stdout
    assert len(runs[0].stdout.splitlines()) == len(STORY)
    with a_world(seed=3) as world:
        assert runs[0].stdout.splitlines(keepends=True) == told(world)


def test_a_kept_store_remembers_the_world_before(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'kept.db'}"
    with a_world(store_url=url) as world:
        world.load("customers", WANG)
        first = world.say("u1", "你好")

    with a_world(store_url=url) as world:
        second = world.say("u1", "你好")
        shown = world.show("C1")

    assert texts(second)
    assert "duplicate" not in second
    assert {message["id"] for message in first["sent"]}.isdisjoint(message["id"] for message in second["sent"])
    assert [entry["kind"] for entry in shown["timeline"]].count("message.in") == 2


def test_a_kept_store_is_not_emptied_by_a_reset(tmp_path: Path) -> None:
    with a_world(store_url=f"sqlite:///{tmp_path / 'kept.db'}") as world:
        world.load("customers", WANG)

        assert "--store" in world.refused(reset=True)
        assert world.show("C1")["name"] == "王芳"
