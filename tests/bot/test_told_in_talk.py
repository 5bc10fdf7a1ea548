"""What customers tell in passing: kept for half a year of silence, and nowhere where they said no."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.bot.worlds import WANG, a_world, event, kinds, texts

CANARY = "青霉素"
WHERE_THE_MESSAGE_IS = {
    ("history", "text"),
    ("history", "why"),
    ("inbox", "body"),
    ("inbox", "text"),
    ("inbox", "payload"),
}


def places_of(path: Path, words: str) -> set[tuple[str, str]]:
    """Return the tables and columns in which these words stand."""
    with closing(sqlite3.connect(path)) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            (table, column[1])
            for table in tables
            for column in db.execute(f'PRAGMA table_info("{table}")').fetchall()
            if db.execute(
                f'SELECT 1 FROM "{table}" WHERE CAST("{column[1]}" AS TEXT) LIKE ?', (f"%{words}%",)
            ).fetchone()
        }


def test_what_may_not_be_kept_stands_nowhere_but_in_the_message(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with a_world(store_url=f"sqlite:///{path}") as world:
        world.load("customers", WANG)
        asked = world.say("u1", f"我对{CANARY}过敏")
        refused = world.say("u1", "不用")

        assert asked["asking"] == "leave"
        assert all(CANARY not in text for text in (*texts(asked), *texts(refused)))
        assert "memory.learned" not in kinds(asked) + kinds(refused)
        assert event(refused, "consent.changed")["value"] is False
    found = {place for place in places_of(path, CANARY) if not place[0].startswith("search")}
    assert found <= WHERE_THE_MESSAGE_IS, found


def test_after_half_a_year_of_silence_the_bot_remembers() -> None:
    with a_world() as world:
        world.load("customers", WANG)
        world.say("u1", "我不吃辣")
        world(at="2026-07-10T10:00:00+08:00")

        told = world.say("u1", "你记得我什么")

        assert "不吃辣" in "".join(texts(told))
        assert "memory.used" in kinds(told)
