"""Hashes of model files, as short and as long as tools write them."""

import re

# AutoV1 has 8 digits, AutoV2 the first 10 of SHA-256, AutoV3 12 of another sum; SwarmUI writes 0x in front.
_HASH = re.compile(r"(?:0x|sha256:)?([0-9a-f]{8,64})")
_SHA256 = {10, 64}
SHORTEST = 8


def read_hash(raw: object) -> str | None:
    found = _HASH.fullmatch(raw.strip().lower()) if isinstance(raw, str) else None
    return found[1] if found else None


def are_one(one: str, other: str) -> bool:
    """Tell whether one is the beginning of the other."""
    return one.startswith(other) or other.startswith(one)


def are_two(one: str, other: str) -> bool:
    """Tell whether two hashes cannot be of one file: of the same kind, and not the same."""
    is_same_kind = len(one) == len(other) or {len(one), len(other)} <= _SHA256
    return is_same_kind and not are_one(one, other)
