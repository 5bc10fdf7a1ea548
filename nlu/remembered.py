"""The last short messages and what the model made of them: "你好" need not be asked a hundred times an hour.

Kept in memory alone, and only what many customers write: nothing long, and nothing
with a digit, which is somebody's number and comes once.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from nlu.understanding import IntentScore

LONGEST: Final = 16
"""Characters, as Rasa reads them."""


class ShortMessages:
    """Remembers the intents of ``most`` short messages (0 for none), those asked for last; of one model at a time."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._model = ""
        self._kept: OrderedDict[str, tuple[IntentScore, ...]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def of(self, text: str) -> tuple[IntentScore, ...] | None:
        """Return what the present model made of ``text``, None where that is not remembered."""
        found = self._kept.get(text)
        if found is not None:
            self._kept.move_to_end(text)
        return found

    def keep(self, text: str, scores: tuple[IntentScore, ...], *, model: str) -> None:
        """Remember what ``model`` made of ``text``, unless that is no short message or the model is not the present."""
        if not self._most or not model or model != self._model or not _is_everybodys(text):
            return
        self._kept[text] = scores
        self._kept.move_to_end(text)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def serve(self, model: str) -> None:
        """Have ``model`` be the present one ("" for none that is known): what another made of anything is forgotten."""
        if model != self._model:
            self._model = model
            self._kept.clear()


def _is_everybodys(text: str) -> bool:
    return len(text) <= LONGEST and not any(character.isnumeric() for character in text)
