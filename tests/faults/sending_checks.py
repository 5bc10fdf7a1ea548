"""What must be true of all that arrived: each message once and in order, but for what was in doubt.

Messages are told apart by their references in the outbox (`labels`), never by their
words: two that say the same are two, and doubt about one excuses no repeat of another.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from tests.faults.town_records import Row, text_of
from tests.servers.telegram_api import Sent


def came_again(sent: Sequence[Sent]) -> Counter[str]:
    """Return how often each message arrived after its first time, by references."""
    return Counter(one.ref for one in sent) - Counter({one.ref for one in sent})


def broken_in_sending(
    outbox: Sequence[Row], sent: Sequence[Sent], in_doubt: Mapping[str, int], *, with_person: Collection[str] = ()
) -> Iterator[str]:
    """Tell what was not delivered, not in order, more often than meant, or without being written down.

    ``in_doubt`` are references, and how often somebody came to harm while sending
    each: so often it may have come again. ``with_person`` are recipients whom the bot
    may have left to a person.
    """
    for row in outbox:
        left_to_person = row["status"] == "skipped" and row["recipient"] in with_person
        unknown = row["status"] == "unknown" and row["kind"] == "care"
        if row["status"] != "sent" and not left_to_person and not unknown:
            yield f"message {row['ref']} to {row['recipient']} is {row['status']}: {row['error']}"
    written = {row["ref"]: (row["recipient"], text_of(row)) for row in outbox}
    for one in sent:
        if written.get(one.ref) != (one.chat_id, one.text):
            yield f"came to {one.chat_id} as {one.ref!r}, and was never written down so: {one.text}"

    delivered = [row for row in outbox if row["status"] == "sent"]
    meant, arrived = defaultdict(list), defaultdict(list)
    for row in delivered:
        meant[row["recipient"]].append(row["ref"])
    for one in sent:
        arrived[one.chat_id].append(one.ref)
    for recipient, refs in meant.items():
        rest = iter(arrived[recipient])
        if not all(ref in rest for ref in refs):
            yield f"to {recipient} was to go, in this order, {refs}, and there came {arrived[recipient]}"

    more = Counter(one.ref for one in sent) - Counter(row["ref"] for row in delivered) - Counter(in_doubt)
    if more:
        told = {f"{ref}: {written.get(ref)}": times for ref, times in more.items()}
        yield f"came more often than meant, and nobody was harmed while sending it: {told}"
