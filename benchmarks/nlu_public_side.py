"""Runs in Rasa's Python: loads MODEL, parses the parts of ASK.json, writes answers.json beside it."""

import asyncio
import json
import os
import statistics
import sys
import time
from pathlib import Path

if os.environ.get("SHUKE_NLU_TENSORFLOW") == "absent":
    import without_tensorflow

    without_tensorflow.install()

import logging

from rasa.core.agent import load_agent
from rasa.utils.log_utils import configure_structlog

configure_structlog(logging.ERROR)


async def ask(model: str, parts: dict) -> dict:
    agent = await load_agent(model)
    answers, took = {}, []
    for part, rows in parts.items():
        answers[part] = []
        for text, right in rows:
            began = time.perf_counter()
            found = (await agent.parse_message(text))["intent"]
            took.append(time.perf_counter() - began)
            answers[part].append((right, found["name"], found["confidence"]))
    answers["p50_ms"] = statistics.median(took) * 1000
    return answers


file = Path(sys.argv[2])
answers = asyncio.run(ask(sys.argv[1], json.loads(file.read_text())))
file.with_name("answers.json").write_text(json.dumps(answers))
