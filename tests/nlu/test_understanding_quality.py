"""How well the trained model and the exact code together understand sentences that were never taught."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import pytest

from nlu.breaker import Breaker
from nlu.client import RasaClient
from nlu.entities import Catalogue
from nlu.evaluate import Scored, read_examples, report
from nlu.loopback import LoopbackTransport
from nlu.rasa_process import RasaProcess
from nlu.thresholds import Measured
from nlu.training import ensure_model, thresholds_file
from nlu.understand import Understander
from nlu.understanding import Understanding
from tests.nlu.rasas import real_settings

pytestmark = [pytest.mark.rasa, pytest.mark.long, pytest.mark.timeout(400)]

DATA = Path(__file__).parent / "data"
NOW = datetime(2026, 1, 5, 1, tzinfo=UTC)
ENOUGH_RIGHT = 0.95
ENOUGH_OF_SEVERAL = 0.8
MOST_UNSURE_OF_ITSELF = 0.05
ENOUGH_TOLD = 0.8
MOST_REJECTED = 0.08


@pytest.fixture
async def understander(tmp_path: Path) -> AsyncIterator[Understander]:
    settings = real_settings(tmp_path)
    rasa = RasaProcess(settings, await ensure_model(settings, progress=lambda _fraction, _stage: None))
    serving = asyncio.create_task(rasa.run())
    breaker = Breaker(failures=1000, pause=timedelta(0), now=monotonic)
    client = RasaClient(
        lambda: rasa.address, deadline=timedelta(seconds=10), breaker=breaker, transport=LoopbackTransport()
    )
    try:
        async with asyncio.timeout(90):
            await rasa.until_ready()
        async with client:
            yield Understander(client, thresholds=Measured(lambda: thresholds_file(settings)), rules_stand_in=False)
    finally:
        await rasa.stop()
        await asyncio.gather(serving, return_exceptions=True)


async def hear(understander: Understander, text: str) -> Understanding:
    return await understander.understand(
        text, asking=None, language="zh", timezone="Asia/Shanghai", now=NOW, catalogue=Catalogue(())
    )


async def test_sentences_never_taught_are_understood_in_both_languages(understander: Understander) -> None:
    examples = [*read_examples(DATA / "intents_zh.csv"), *read_examples(DATA / "intents_en.csv")]

    scored = []
    for example in examples:
        understood = await hear(understander, example.text)
        scored.append(Scored(example, understood.intent, understood.confidence))
    found = report(scored)

    short = {name for name, scores in found["languages"].items() if scores["accuracy"] < ENOUGH_RIGHT}
    assert short == set(), found["languages"]
    assert set(found["languages"]) == {"zh", "en"}
    assert found["calibration"]["expected_error"] <= MOST_UNSURE_OF_ITSELF
    assert found["out_of_scope"]["recall"] >= ENOUGH_TOLD
    assert found["out_of_scope"]["false_rejection"] <= MOST_REJECTED


async def test_several_wishes_of_one_message_are_all_heard_and_one_is_not_taken_for_two(
    understander: Understander,
) -> None:
    with (DATA / "several.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    wrong = []
    for row in rows:
        expected = set(row["intents"].split("|"))
        heard = [one.name for one in (await hear(understander, row["text"])).intents]
        if set(heard) != expected or ("request_human_agent" in expected and heard[0] != "request_human_agent"):
            wrong.append((row["text"], sorted(expected), heard))

    assert 1 - len(wrong) / len(rows) >= ENOUGH_OF_SEVERAL, wrong
