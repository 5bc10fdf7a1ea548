"""Customers of a list, known by the shop's customer_id; empty columns change nothing.

A row's channel identity and its phone are as good as verified: whoever wrote to us
from there as a stranger becomes this customer, with all that was said.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from crm_store import agents, customers, history, identities, linking, tickets, zones
from crm_store.consents import consents, set_consent
from crm_store.desk_hours import DeskHours
from crm_store.imports.birthdays import read_birthday
from crm_store.imports.cells import Cells
from crm_store.imports.holding import Touched
from crm_store.imports.lookups import brought_to, customer_named
from crm_store.imports.outcomes import RowRefused, RowResult
from crm_store.ports import Ids

COLUMNS = (
    "customer_id", "name", "language", "timezone", "birthday", "birthday_calendar", "birthday_leap", "feb29", "phone",
    "email", "city", "member", "tier", "marketing_consent", "channel", "channel_user_id",
    "owner",
)  # fmt: skip
REQUIRED = ("customer_id",)
EVIDENCE = "import"

_SAID = select(consents.c.purpose, consents.c.value, consents.c.evidence).where(
    consents.c.customer_id == bindparam("customer_id")
)


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """``fields`` are the columns that the row speaks of, ``others`` those that are not ours."""

    customer_no: str
    fields: dict[str, Any]
    others: dict[str, str]
    marketing_consent: bool | None
    identity: tuple[str, str] | None
    """Channel and user id."""
    desk: DeskHours | None = None
    is_further: bool = False
    """Whether the file spoke of this customer before: this row completes, and adds a channel."""

    def touches(self) -> Touched:
        """Return what it writes about."""
        phone = self.fields.get("phone")
        return Touched(
            customers=frozenset({self.customer_no}),
            phones=frozenset({phone} if phone else ()),
            ways=frozenset({self.identity} if self.identity else ()),
            adds_customers=True,
        )

    def apply(self, conn: Connection, *, now: datetime, ids: Ids) -> RowResult:
        """Add the customer, or change what the row says otherwise, and link what proves to be theirs."""
        if (owner := self.fields.get("owner")) is not None and not agents.is_known(conn, owner):
            raise RowRefused("owner", "is no agent of ours", "add them with shuke user add, or correct the name")
        known = customers.by_number(conn, self.customer_no)
        side = None
        if known is not None and known.customer_no != self.customer_no:
            side = customer_named(conn, self.customer_no).side  # they were merged into another, whose row this is
        with brought_to(side):
            return self._apply(conn, known, now, ids)

    def _apply(self, conn: Connection, known: Any | None, now: datetime, ids: Ids) -> RowResult:
        identity = self._identity_unless_of_another(conn, known)
        # Of two who were merged the list speaks of each as it always has: that is nothing new of the other.
        own = None if known is None else customers.own(conn, known).row
        stranger = self._stranger_with_phone(conn) if own is None or self._changes_phone(own) else None
        if known is None:
            customer_id = ids.new()
            new = {"customer_no": self.customer_no, "attributes": self.others or None, **self.fields}
            customers.add(conn, id=customer_id, created_at=now, **new)
            changed = False
        else:
            customer_id = known.id
            changed = self._change(conn, known, own, now)
        if stranger is not None:
            linking.link(conn, stranger, customer_id, evidence=EVIDENCE, now=now)
            identity = identities.find(conn, *self.identity) if self.identity else None
            changed = True
        changed |= self._give_identity(conn, identity, customer_id, now, ids, is_new=known is None)
        # After the linking: what a stranger said about our messages goes on counting.
        changed |= self._take_consent(conn, customer_id, now)
        if known is None:
            return RowResult.ADDED
        return RowResult.CHANGED if changed else RowResult.UNCHANGED

    def _identity_unless_of_another(self, conn: Connection, known: Any | None) -> Any | None:
        found = identities.find(conn, *self.identity) if self.identity else None
        if found is None or (known is not None and found.customer_id == known.id):
            return found
        holder = customers.by_id(conn, found.customer_id)
        if holder is not None and holder.customer_no is not None:
            raise RowRefused("channel_user_id", "belongs to another customer", "take it out of one of the two")
        return found

    def _changes_phone(self, known: Any) -> bool:
        phone = self.fields.get("phone")
        return phone is not None and phone != known.phone

    def _stranger_with_phone(self, conn: Connection) -> Any | None:
        """An identity of somebody whom the shop has no number for, and whose platform vouched for this phone."""
        phone = self.fields.get("phone")
        holder = customers.by_phone(conn, phone) if phone else None
        if holder is None:
            return None
        found = customers.by_id(conn, holder)
        if found is None or found.customer_no is not None:
            return None
        return next((one for one in identities.of_customer(conn, holder) if one.verified), None)

    def _change(self, conn: Connection, known: Any, own: Any, now: datetime) -> bool:
        said, kept = self._said(own), own.attributes or {}
        changed = {name: value for name, value in said.items() if getattr(own, name) != value}
        if "timezone" in changed and zones.said_by(conn, known.id) is not None:
            del changed["timezone"]  # they told us where they live: no list knows better
        names = dict.fromkeys("birthday" if name.startswith("birth_") else name for name in changed)
        others = {name: value for name, value in self.others.items() if not (self.is_further and name in kept)}
        if kept | others != kept:
            changed["attributes"] = (known.attributes or {}) | others
            names |= dict.fromkeys(name for name, value in others.items() if kept.get(name) != value)
        if not changed:
            return False
        customers.change(conn, known.id, told=others, **changed)
        if "tier" in changed and self.desk is not None:
            tickets.tier_changed(conn, known.id, now=now, desk=self.desk, by="import")
        conn.execute(
            history.ADD,
            [
                history.entry(at=now, kind="profile.changed", by="import", customer_id=known.id, data={"field": name})
                for name in names
            ],
        )
        return True

    def _said(self, known: Any) -> dict[str, Any]:
        """What of the row counts; a birthday is known as a whole or not at all."""
        if not self.is_further:
            return self.fields
        return {
            name: value
            for name, value in self.fields.items()
            if getattr(known, "birth_month" if name.startswith("birth_") else name) in (None, False)
        }

    def _give_identity(
        self, conn: Connection, found: Any | None, customer_id: str, now: datetime, ids: Ids, *, is_new: bool
    ) -> bool:
        if self.identity is None:
            return False
        if found is not None:
            was_theirs = bool(found.verified) and found.customer_id == customer_id
            linking.link(conn, found, customer_id, evidence=EVIDENCE, now=now)
            return not was_theirs
        channel, user_id = self.identity
        id = ids.new()
        identities.add(
            conn, id=id, channel=channel, user_id=user_id, customer_id=customer_id, now=now,
            verified=True, evidence=EVIDENCE,
        )  # fmt: skip
        if not is_new:
            history.record(
                conn, at=now, kind="identity.linked", by="import", customer_id=customer_id, identity_id=id,
                channel=channel, data={"channel": channel, "evidence": EVIDENCE},
            )  # fmt: skip
        return True

    def _take_consent(self, conn: Connection, customer_id: str, now: datetime) -> bool:
        if self.marketing_consent is None or self.is_further:
            return False  # an empty word of the first row is a no, and a later row doesn't turn it
        said = {row.purpose: row for row in conn.execute(_SAID, {"customer_id": customer_id})}
        changed = False
        for purpose in ("care", "marketing"):
            word = said.get(purpose)
            # A list is often older than what a customer told us since: their own word stands.
            is_ours_to_say = word is None or word.evidence == EVIDENCE
            if is_ours_to_say and self.marketing_consent != (word is not None and word.value):
                changed |= set_consent(
                    conn, customer_id, purpose, self.marketing_consent, now=now, evidence=EVIDENCE, by="import"
                )
        return changed


def read(cells: Cells) -> CustomerRow:
    """Read a row; `RowRefused` names the column that cannot be read."""
    customer_no = cells.required("customer_id")
    said = {
        "name": cells.text("name"),
        "language": cells.language("language"),
        "timezone": cells.zone_name("timezone"),
        "feb29": cells.one_of("feb29", ("feb28", "mar1")),
        "phone": cells.phone("phone"),
        "email": cells.email("email"),
        "city": cells.text("city"),
        "member": cells.flag("member"),
        "tier": cells.text("tier"),
        "owner": cells.text("owner"),
    }
    fields: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
    birthday = read_birthday(cells)
    if birthday is not None:
        # All of it: a birthday without a year replaces one with a year.
        fields |= {
            "birth_year": birthday.year,
            "birth_month": birthday.month,
            "birth_day": birthday.day,
            "birth_calendar": birthday.calendar,
            "birth_leap": birthday.leap_month,
        }
    return CustomerRow(
        customer_no, fields, cells.others(COLUMNS), cells.flag("marketing_consent"), _identity(cells),
        cells.settings.desk, is_further=cells.ordinal > 1,
    )  # fmt: skip


def _identity(cells: Cells) -> tuple[str, str] | None:
    channel, user_id = cells.text("channel"), cells.text("channel_user_id")
    if channel is None and user_id is None:
        return None
    if channel is None:
        raise RowRefused("channel", "is empty", "name the channel of the channel_user_id, such as telegram")
    if user_id is None:
        raise RowRefused("channel_user_id", "is empty", "name the user on that channel, or leave both empty")
    return channel.lower(), user_id
