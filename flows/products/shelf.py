"""The catalogue as a talk needs it: what there is, what it is called, and what of it a text means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import SequenceMatcher
from functools import cached_property, lru_cache
from typing import Any

from sqlalchemy import Connection

from crm_store import catalogue
from flows.engine.values import Tagged, money, word
from nlu.entities.folding import Folded, fold
from nlu.entities.product import Catalogue

MOST_NEAR = 3
_ALIKE = 0.5
"""So much of two names has to be the same for one to be offered for the other."""
_SHORT = 12
_PLURAL = re.compile(r"(?<=[a-z]{3})s\b")
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Ware:
    """One product; ``price`` and ``stock`` are None where nobody has said."""

    sku: str
    name_zh: str | None
    name_en: str | None
    aliases: tuple[str, ...]
    category: str | None
    price: Decimal | None
    currency: str
    stock: int | None
    about_zh: str | None
    about_en: str | None

    def called(self, language: str) -> str:
        """Return its name in a language, or in the other one where it has none."""
        names = (self.name_zh, self.name_en) if language == "zh" else (self.name_en, self.name_zh)
        return next((name for name in names if name), self.sku)

    def about(self, language: str) -> str | None:
        """Return what the catalogue says of it, in the other language rather than not at all."""
        return (self.about_zh or self.about_en) if language == "zh" else (self.about_en or self.about_zh)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Everything that it is called, folded."""
        return tuple(fold(name) for name in (self.name_zh, self.name_en, *self.aliases) if name)

    @cached_property
    def text(self) -> str:
        """Everything that is said of it, folded, a sentence a line."""
        said = (*self.names, fold(self.category or ""), fold(self.about_zh or ""), fold(self.about_en or ""))
        return "\n".join(filter(None, said))

    def said_in(self, language: str) -> str:
        """Return what is said of it in one language, folded, a sentence a line."""
        said = self.text.split("\n")
        return "\n".join(one for one in said if one.isascii() == (language == "en"))

    def shown(self, language: str) -> dict[str, Any]:
        """Return it as replies name it."""
        return {
            "sku": self.sku,
            "called": self.called(language),
            "price": word("product", "no_price") if self.price is None else price_of(self.price, self.currency),
            "about": self.about(language) or word("product", "no_description"),
            "supply": word("supply", self.supply),
        }

    @property
    def supply(self) -> str:
        """``in``, ``out`` or ``unknown``."""
        return "unknown" if self.stock is None else "in" if self.stock > 0 else "out"


def price_of(amount: Decimal, currency: str) -> Tagged:
    """Return an amount as a price is written: with both of its decimals, or as it came where it has none or more."""
    cents = amount.quantize(_CENT)
    return money(cents if cents == amount != amount.to_integral_value() else amount, currency)


class Shelf(dict[str, Ware]):
    """All products by SKU, in the order of these."""

    def meant(self, text: str) -> tuple[list[Ware], list[Ware]]:
        """Return the products that a text names, and those that a name in it could mean."""
        named: dict[str, Ware] = {}
        perhaps: dict[str, Ware] = {}
        for entity in _catalogue(self._names()).find(Folded.of(text)):
            if entity.value is not None:
                named[entity.value] = self[entity.value]
            else:
                perhaps |= {ware.sku: ware for ware in self.values() if fold(entity.text) in ware.names}
        return list(named.values()), list(perhaps.values())

    def called_nearly(self, subject: str) -> Ware | None:
        """Return the only product whose name holds what somebody calls something; None where several do, or none."""
        wanted = fold(subject)
        found = [ware for ware in self.values() if any(_likeness(wanted, name) == 1.0 for name in ware.names)]
        return found[0] if len(found) == 1 else None

    def near(self, subject: str) -> list[Ware]:
        """Return the products whose names are most like what somebody calls something."""
        wanted = fold(subject)
        alike = {ware: max((_likeness(wanted, name) for name in ware.names), default=0.0) for ware in self.values()}
        found = sorted((ware for ware in alike if alike[ware] >= _ALIKE), key=lambda ware: (-alike[ware], ware.sku))
        return found[:MOST_NEAR]

    def _names(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        return tuple((ware.sku, ware.names) for ware in self.values())


def shelf_of(conn: Connection) -> Shelf:
    """Return what the shop sells."""
    return Shelf((row.sku, _ware(row)) for row in catalogue.every(conn))


def listed(wares: Iterable[Ware], language: str) -> list[dict[str, Any]]:
    """Return products as the lines and buttons of a reply need them."""
    return [ware.shown(language) for ware in wares]


@lru_cache(maxsize=4)
def _catalogue(names: Sequence[tuple[str, tuple[str, ...]]]) -> Catalogue:
    return Catalogue(names)


def _likeness(wanted: str, name: str) -> float:
    """Return how much of a short text and a name is the same, 0 to 1: one within the other is all of it."""
    wanted, name = _PLURAL.sub("", wanted), _PLURAL.sub("", name)
    if not wanted or not name or len(wanted) > _SHORT * 3:
        return 0.0
    if len(wanted) > 1 and wanted in name:
        return 1.0
    shared = SequenceMatcher(None, wanted, name, autojunk=False).find_longest_match()
    if shared.size < 2 or (wanted.isascii() and shared.size < 4):
        return 0.0
    return shared.size / min(len(wanted), len(name))


def _ware(row: Any) -> Ware:
    return Ware(
        row.sku, row.name_zh, row.name_en, tuple(row.aliases or ()), row.category, row.price, row.currency or "CNY",
        row.stock, row.description_zh, row.description_en,
    )  # fmt: skip
