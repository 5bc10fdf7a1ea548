"""Every table of the store: how its rows belong to a customer, and what an erasure does with each column.

Export and erasure walk this and nothing else. What stays after an erasure are amounts,
counts, codes and times: the books still add up, and nobody is meant by them any more.
"""

from __future__ import annotations

from collections.abc import Mapping

from crm_store.conversations import BOT
from crm_store.privacy.fates import (
    Belonging,
    Deleted,
    Nobodys,
    Scrubbed,
    Stop,
    by_entry,
    by_identity,
    by_order,
    fates,
    merged,
    theirs,
    theirs_or_absorbed,
    theirs_or_by_identity,
    themselves,
)

REGISTRY: Mapping[str, Belonging] = {
    # Who they are
    "customer_terms": Deleted(theirs()),  # by the database itself, as soon as name, phone and address are gone
    "customers": Scrubbed(
        themselves,
        fates(
            kept="id member tier stage created_at erased_at",
            cleared="customer_no name language timezone birth_year birth_month birth_day birth_calendar feb29"
            " phone email city owner attributes",
            emptied="birth_leap",
        ),
    ),
    "identities": Scrubbed(
        theirs(),
        fates(
            kept="id channel customer_id unreachable_since created_at", cleared="evidence last_seen_at side",
            renamed="user_id", emptied="verified",
        ),
    ),
    "link_tokens": Deleted(theirs_or_absorbed("sent_to")),
    "merges": Deleted(merged),
    "related_persons": Deleted(theirs()),
    "customer_tags": Deleted(theirs()),
    "zone_words": Deleted(theirs()),
    "stock_wishes": Deleted(theirs()),
    "memory_facts": Deleted(theirs()),
    "consents": Deleted(theirs()),
    "consent_words": Deleted(theirs()),
    # What was said
    "conversations": Scrubbed(
        theirs(),
        fates(
            kept="id customer_id identity_id turns closed_at created_at",
            cleared="state waiting_since team snoozed_until last_in_at silence_at lease_owner lease_until",
        ),
        ends={"owner": BOT},
    ),
    "inbox": Deleted(by_identity()),
    "outbox": Scrubbed(
        theirs_or_by_identity,
        fates(
            kept="id ref customer_id conversation_id identity_id channel kind rule status attempts due_at created_at"
            " sent_at",
            cleared="lease_owner lease_until external_id error side",
            renamed="dedupe_key recipient",
            emptied="body",
        ),
        # Nobody gets what still waits, and whoever was sending it finds that it is over.
        stop=Stop("status", ("queued", "sending"), "skipped"),
    ),
    "history": Scrubbed(
        theirs(),
        fates(
            kept="id ref at customer_id conversation_id identity_id channel kind by",
            cleared="text why side",
            reduced="data",
        ),
    ),
    "history_unindexed": Nobodys("the key of an entry that waits for the search index", ("id",)),
    "mentions": Deleted(by_entry("note_id")),
    "lessons": Deleted(theirs()),
    "reply_windows": Deleted(by_identity()),
    "phone_tries": Deleted(by_identity()),
    # What was bought, earned and complained of
    "orders": Scrubbed(
        theirs(),
        fates(
            kept="order_no customer_id status ordered_at paid_at shipped_at delivered_at eta carrier",
            cleared="tracking_no attributes side",
        ),
    ),
    "order_lines": Scrubbed(by_order, fates(kept="order_no line sku quantity unit_price currency")),
    "points_lots": Scrubbed(
        theirs(),
        fates(kept="id customer_id points remaining earned_at expires_at order_no rate origin", cleared="side"),
    ),
    "points_entries": Scrubbed(
        theirs(),
        fates(kept="id customer_id lot_id kind points at undoes take_back_id", cleared="reason reference"),
    ),
    "points_take_backs": Scrubbed(
        theirs(), fates(kept="id customer_id order_no points owed lapsed forgiven at", cleared="side")
    ),
    "coupons": Scrubbed(
        theirs(),
        fates(
            kept="id code rule customer_id state kind value currency sku min_spend undo_s issued_at expires_at"
            " order_no reserved_until used_at",
            cleared="reference attributes side",
        ),
        stop=Stop("state", ("issued", "reserved"), "expired"),
    ),
    "tickets": Scrubbed(
        theirs(),
        fates(
            kept="id number customer_id conversation_id category priority status order_no opened_at due_at resolved_at"
            " opened_by",
            cleared="side", emptied="summary",
        ),
    ),
    "promises": Scrubbed(
        theirs(),
        fates(
            kept="id customer_id conversation_id ticket kind made_by owner made_at due_at state reminded_at told_at"
            " late_at ended_at ended_by replaces",
            cleared="side", emptied="text proof reason",
        ),
        stop=Stop("state", ("open", "escalated"), "withdrawn", at="ended_at", by="ended_by"),
    ),
    "tasks": Scrubbed(
        theirs(),
        fates(
            kept="id kind customer_id conversation_id ticket promise_id owner due_at state opened_at opened_by done_at"
            " done_by",
            cleared="side", renamed="key", emptied="about",
        ),
        stop=Stop("state", ("open",), "done", at="done_at", by="done_by"),
    ),
    "approvals": Scrubbed(
        theirs(),
        fates(
            kept="id customer_id conversation_id ticket state asked_by asked_at answered_by answered_at",
            cleared="data reason side", renamed="key", emptied="about",
        ),
        stop=Stop("state", ("requested",), "refused", at="answered_at", by="answered_by"),
    ),
    "surveys": Scrubbed(
        theirs(),
        fates(
            kept="id customer_id conversation_id question ticket message state sent_at answered_at score",
            cleared="words side", renamed="key",
        ),
    ),
    "opportunities": Scrubbed(
        theirs(),
        fates(
            kept="id customer_id stage value currency probability owner opened_at closed_at", cleared="source side",
            emptied="title",
        ),
    ),
    # What other systems were told, or are to be
    "api_answers": Deleted(theirs_or_absorbed("about")),
    "webhook_deliveries": Deleted(by_entry("history_id")),
    # Who of the shop saw it
    "audit": Scrubbed(theirs(), fates(kept="id at by action customer_id", cleared="data side")),
    # The shop's own
    "access_tokens": Nobodys(
        "the shop's keys to its platforms", ("channel", "account", "token", "expires_at", "asked_by", "asked_until")
    ),
    "accounts": Nobodys("who works here", ("name", "password_hash", "created_at", "password_at", "disabled_at")),
    "teams": Nobodys("teams of who works here", ("id", "name", "created_at", "ended_at")),
    "team_members": Nobodys("who works in which team", ("team_id", "agent", "since")),
    "agents": Nobodys("who works here", ("name", "role", "created_at", "display_name")),
    "api_keys": Nobodys(
        "systems of the shop", ("name", "key_hash", "scopes", "created_at", "used_at", "revoked_at")
    ),
    "budgets": Nobodys("rates, by channel and by an identity's internal id", ("name", "tat")),
    "counters": Nobodys("numbers of what comes next", ("name", "value")),
    "coupon_rules": Nobodys(
        "what the shop offers",
        ("name", "kind", "value", "currency", "sku", "min_spend", "valid_s", "undo_s", "per_customer", "stock",
         "issued", "points"),
    ),
    "desk_sessions": Nobodys("who works here", ("token_hash", "name", "created_at", "seen_at")),
    "erasures": Nobodys(
        "hashes that nobody can undo", ("id", "names", "key", "at", "by", "proof", "finished_at")
    ),
    "history_openings": Nobodys("always empty outside of a transaction", ("id", "reason")),
    "import_runs": Nobodys(
        "how far files have come",
        ("id", "kind", "file", "digest", "rows", "added", "changed", "unchanged", "passed_over", "started_at",
         "moved_at", "finished_at", "replaced_by"),
    ),
    "import_refusals": Nobodys(
        "which line was refused and why, in words that don't repeat it", ("run_id", "line", "field", "reason")
    ),
    "products": Nobodys(
        "the catalogue",
        ("sku", "name_zh", "name_en", "aliases", "category", "price", "currency", "stock", "description_zh",
         "description_en", "attributes"),
    ),
    "schedule_claims": Nobodys(
        "what care has done, by a customer's internal id or a case's number", ("job", "occasion", "at", "outcome")
    ),
    "sign_in_tries": Nobodys("who works here, hashed", ("who", "tries", "last_at")),
    "switches": Nobodys("what is paused", ("name", "paused_at", "by")),
    "webhook_endpoints": Nobodys("systems of the shop", ("id", "name", "url", "prefix", "created_at")),
    "watermarks": Nobodys("how far sweeps have come", ("job", "until")),
}  # fmt: skip
