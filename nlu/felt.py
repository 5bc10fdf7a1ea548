"""What a message shows of its writer's feelings, and by which words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Feeling = Literal["anger", "danger", "complaint", "praise", "courtesy", "hurry", "stress"]


@dataclass(frozen=True, slots=True)
class Felt:
    """A feeling that a score was made of, and the words that showed it, as typed; ``stress`` is what adds weight."""

    feeling: Feeling
    words: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return {"feeling": self.feeling, "words": list(self.words)}
