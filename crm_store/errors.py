"""What the store refuses.

StoreError
  NotAllowed        this step does not exist from where the thing stands
  NotEnoughPoints   the balance is smaller; nothing has changed
  NotOne            what was asked for by a part of its name is more than one thing
  ChangedMeanwhile  somebody else changed it at the same moment; nothing was written
  StoreBusy         too much is waiting to be written; try again later
  StoreClosed       the store has been closed
  BackupError       a backup cannot be taken or put back; nothing has changed
  PrivacyError      an export or an erasure cannot be done; nothing has changed
"""

from __future__ import annotations

from typing import Any


class StoreError(Exception):
    """Anything that the store raises on purpose."""


class NotAllowed(StoreError):
    """The step asked for does not exist from where the thing stands; nothing has changed.

    The text is for who reads a terminal; ``code`` and ``data`` are for who has words of
    their own for it.
    """

    def __init__(self, text: str, /, *, code: str = "not_now", **data: Any) -> None:
        super().__init__(text)
        self.code = code
        self.data = data


class NotEnoughPoints(StoreError):
    """More points were to be spent than there are; nothing has changed."""


class NotOne(StoreError):
    """More than one thing is called so."""


class StoreBusy(StoreError):
    """The queue of waiting writes is full; nothing was written."""


class ChangedMeanwhile(StoreError):
    """What a unit of work was about has changed under its hands; nothing of it was written, and it may run again."""


class StoreClosed(StoreError):
    """The store no longer takes work."""


class BackupError(StoreError):
    """A backup cannot be taken, or not be put back; the text names the file, what is wrong with it and the mend."""


class PrivacyError(StoreError):
    """An export or an erasure cannot be done; the text says what stands in the way and the mend."""
