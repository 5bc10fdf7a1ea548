"""What the desk refuses, and in which words.

Refused        shown to whoever asked, in their language
NotSignedIn    sent to the sign-in page
"""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """The desk won't do it; ``wrong`` names the words in which it says so, ``status`` is that of HTTP."""

    def __init__(self, status: int, wrong: str, /, **values: Any) -> None:
        super().__init__(wrong)
        self.status = status
        self.wrong = wrong
        self.values = values


class NotSignedIn(Exception):
    """Nobody is signed in in this browser, or no longer."""
