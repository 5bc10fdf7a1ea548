"""Whatever comes in is answered or refused in the log, and stops nothing."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import httpx
import pytest

from tests.faults.bot_process import Plan, run_bot
from tests.faults.checks import answered, counted
from tests.faults.customers import a_shop
from tests.faults.installation import Installation
from tests.faults.odd_updates import CANARY, odd_updates
from tests.servers.telegram_api import TelegramApi

FIRST_USER = 5001
STOPPED_BY_US = -9


async def test_after_any_odd_update_the_same_customers_next_message_is_answered(tmp_path: Path) -> None:
    database, log = tmp_path / "shuke.db", tmp_path / "log"
    a_shop(database)
    async with TelegramApi() as telegram:
        odd = list(odd_updates(FIRST_USER))
        controls = []
        for user in range(FIRST_USER, FIRST_USER + len(odd)):
            telegram.raw_update(list(odd_updates(user))[user - FIRST_USER])
            message = telegram.customer_says(user, "你好")["message"]
            controls.append(f"{user}:{message['message_id']}")

        async def all_are_answered() -> None:
            await telegram.wait_until(lambda: not telegram.pending and set(controls) <= answered(database), within=60)

        plan = Plan(database, telegram.url, telegram.token, 10**9, tmp_path, kill_at=None)
        code = await run_bot(plan, kill_when=all_are_answered())

    logged = log.read_text()
    assert code == STOPPED_BY_US, logged
    assert counted(database, "inbox WHERE status <> 'done'") == 0
    assert "turn.failed" not in logged
    refused = logged.count("telegram.update_malformed") + logged.count("telegram.update_ignored")
    assert counted(database, "inbox") + refused == len(controls) + len(odd), "each is stored or refused in the log"
    assert CANARY not in logged


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_odd_bytes_at_the_webhook_and_the_terminal_are_refused_and_the_next_message_is_answered(
    tmp_path: Path,
) -> None:
    secret = "a-secret-of-the-webhook"
    async with TelegramApi() as telegram:
        shuke = Installation(
            tmp_path,
            SHUKE_TELEGRAM_TOKEN=telegram.token,
            SHUKE_TELEGRAM_WEBHOOK_SECRET=secret,
            SHUKE_TELEGRAM__API_BASE_URL=telegram.url,
            SHUKE_TELEGRAM__MODE="webhook",
            SHUKE_TELEGRAM__WEBHOOK_URL="https://shop.example/hooks/telegram",
        )
        async with shuke.up("--demo", "--nlu", "rules") as running:
            address = await running.health()
            posted = [await _post(address, secret, body) for body in ODD_BODIES]
            typed = [await _type(shuke, line) for line in ODD_BODIES]
            telegram.customer_says(FIRST_USER, "你好")
            assert await telegram.push_to_webhook(f"{address}/hooks/telegram", secret) == [200]
            await telegram.wait_until(lambda: any(one.chat_id == str(FIRST_USER) for one in telegram.sent), within=30)
            assert (await shuke.chat("wang", "你好")).strip()
            assert await running.stop() == 0

    assert {status for status in posted if status != 200} <= {400, 413}
    assert all(posted)
    assert all("error" in answer for answer in typed)
    logged = shuke.everything_logged()
    for kept_out in (CANARY, secret, telegram.token, "Traceback"):
        assert kept_out not in logged


MOST_BYTES = 1024 * 1024
"""That a hook takes; see `bot.web_rules`."""
ODD_BODIES = (
    b"", b"\xff\xfe\xfa", b"{", b"[]", b"7", b"null", b'"\\ud800"', b"NaN", b"9" * 10_000,
    b"[" * 100_000, b'{"a":' * 100_000, b'{"message": ' + CANARY.encode("gb18030") + b"}",
    json.dumps({"update_id": 1, "message": {"text": CANARY}}).encode(), b'{"text": "' + b"a" * 2_000_000 + b'"}',
)  # fmt: skip


async def _post(address: str, secret: str, body: bytes) -> int:
    async with httpx.AsyncClient(timeout=30) as web:
        try:
            answer = await web.post(
                f"{address}/hooks/telegram", content=body, headers={"X-Telegram-Bot-Api-Secret-Token": secret}
            )
        except (httpx.ReadError, httpx.WriteError):
            # Refused while it was still being sent; the answer may be lost with the connection.
            assert len(body) > MOST_BYTES
            return 413
    return answer.status_code


async def _type(shuke: Installation, line: bytes) -> dict[str, str]:
    """Send a line to the terminal channel, as a client that `shuke chat` is not, and return the answer."""
    address = json.loads((shuke.root / "var" / "terminal.json").read_text())
    reader, writer = await asyncio.open_connection(address["host"], address["port"])
    writer.write(json.dumps({"token": address["token"], "user": "odd", "language": "zh"}).encode() + b"\n")
    assert "hello" in json.loads(await reader.readline())
    writer.write(line + b"\n")
    async with asyncio.timeout(30):
        answer: dict[str, str] = json.loads(await reader.readline())
    writer.close()
    return answer
