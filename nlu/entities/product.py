"""Products by name, alias or SKU."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from nlu.entities.folding import Folded
from nlu.entities.phrases import Phrases, searchable
from nlu.understanding import Entity

AMBIGUOUS: Final = "ambiguous"


class Catalogue:
    """The shop's products made ready for looking up; never changes once built.

    Rows are a SKU and the names and aliases in any language; a name of several
    products is found too, and says so. Names of one character are left out.
    """

    __slots__ = ("_phrases",)

    def __init__(self, rows: Iterable[tuple[str, Iterable[str]]] = ()) -> None:
        skus: dict[str, set[str]] = {}
        for sku, names in rows:
            for name in (sku, *names):
                skus.setdefault(searchable(name), set()).add(sku)
        self._phrases: Phrases[tuple[str, ...]] = Phrases({name: tuple(sorted(found)) for name, found in skus.items()})

    def find(self, message: Folded) -> list[Entity]:
        """Return the products in ``message``, the longest name first tried, value the SKU.

        A name that several products share has no value, and the problem ``ambiguous``.
        """
        return [
            message.entity("product", found.value[0], (found.start, found.end))
            if len(found.value) == 1
            else message.entity("product", None, (found.start, found.end), AMBIGUOUS)
            for found in self._phrases.find(message.plain)
        ]


NO_PRODUCTS: Final = Catalogue()
