"""What was written down is found a moment later, without anybody looking for it."""

import asyncio

from bot.indexing import Indexing
from crm_store import history, search_index
from tests.crm_store.people import NOW


async def test_what_is_written_down_gets_into_the_index_by_itself(empty_store):
    rows = [history.entry(at=NOW, kind="note", by="system", text=f"退款 {number}") for number in range(450)]
    empty_store.run_now(lambda conn: conn.execute(history.ADD, rows))
    indexing = Indexing(empty_store)
    running = asyncio.create_task(indexing.run())

    async with asyncio.timeout(30):
        while await empty_store.read(search_index.is_behind):  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)
    await indexing.stop()
    await running

    indexed = empty_store.read_now(lambda conn: conn.exec_driver_sql("SELECT count(*) FROM history_terms").scalar())
    assert indexed == 450


async def test_where_nothing_waits_nothing_is_written(empty_store):
    commits = empty_store.commits

    await Indexing(empty_store).sweep()

    assert empty_store.commits == commits
