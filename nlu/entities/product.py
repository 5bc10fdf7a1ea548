"""Products by name, alias or SKU, also with a slip of the finger."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from nlu.entities.folding import Folded
from nlu.entities.misspelt import Misspelt
from nlu.entities.phrases import Phrases, searchable
from nlu.understanding import Entity

AMBIGUOUS: Final = "ambiguous"


class Catalogue:
    """The shop's products made ready for looking up; never changes once built.

    Rows are a SKU and the names and aliases in any language; a name of several
    products is found too, and says so. Names of one character are left out.
    """

    __slots__ = ("_misspelt", "_phrases", "_skus")

    def __init__(self, rows: Iterable[tuple[str, Iterable[str]]] = ()) -> None:
        skus: dict[str, set[str]] = {}
        names_only: set[str] = set()
        for sku, names in rows:
            written = [searchable(name) for name in names]
            names_only.update(written)
            for name in (searchable(sku), *written):
                skus.setdefault(name, set()).add(sku)
        self._skus = {name: tuple(sorted(found)) for name, found in skus.items()}
        self._phrases: Phrases[tuple[str, ...]] = Phrases(self._skus)
        # A SKU with another digit is another product: those are never guessed.
        self._misspelt = Misspelt(names_only)

    def find(self, message: Folded) -> list[Entity]:
        """Return the products in ``message``, the longest name first tried, value the SKU.

        Where no name stands as it is written, one with a slip in it is found. A name that
        several products share has no value, and the problem ``ambiguous``.
        """
        found = [(one.value, (one.start, one.end)) for one in self._phrases.find(message.plain)]
        taken = [span for _, span in found]
        for slip in self._misspelt.find(message.plain, taken):
            skus = {sku for name in slip.value for sku in self._skus[name]}
            found.append((tuple(sorted(skus)), (slip.start, slip.end)))
        return [
            message.entity("product", skus[0], span)
            if len(skus) == 1
            else message.entity("product", None, span, AMBIGUOUS)
            for skus, span in found
        ]


NO_PRODUCTS: Final = Catalogue()
