"""What a coupon is called by: short enough to be typed, and nobody guesses the next one."""

from __future__ import annotations

from hashlib import blake2b

from crm_store.ports import Ids

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that is read as something else
_LENGTH = 12


def new_code(ids: Ids) -> str:
    """Return a new code such as ``K7QM-2XR9-DT4H``, of some 10^17."""
    # Ids made in one millisecond count up; what is hashed does not.
    number = int.from_bytes(blake2b(ids.new().encode(), digest_size=16).digest())
    letters = []
    for _ in range(_LENGTH):
        number, at = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[at])
    return "-".join("".join(letters[start : start + 4]) for start in range(0, _LENGTH, 4))
