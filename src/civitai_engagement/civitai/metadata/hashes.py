"""Hashes of model files, as short and as long as tools write them."""

import re

# AutoV1 has 8 digits, AutoV2 the first 10 of SHA-256, AutoV3 12 of another sum; SwarmUI writes 0x in front.
_HASH = re.compile(r"(?:0x|(?:sha-?256|auto-?v[123]|blake3)\s*[:=_-]\s*)?([0-9a-f]{8,64})", re.IGNORECASE)
_SHA256 = {10, 64}
_AROUND = "[](){}<>\"'`# ,"
# Tools that read nothing of a file still write its sum: of no bytes at all, or only zeros. It names no file.
_OF_NO_BYTES = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
SHORTEST = 8


def read_hash(raw: object) -> str | None:
    read = _digits(raw)
    return read if read.strip("0") and not _OF_NO_BYTES.startswith(read) else None


def is_hash(raw: object) -> bool:
    """Tell whether a text is one of a file, be it of none."""
    return bool(_digits(raw))


def _digits(raw: object) -> str:
    found = _HASH.fullmatch(raw.strip().strip(_AROUND)) if isinstance(raw, str) else None
    return found[1].lower() if found else ""


def are_one(one: str, other: str) -> bool:
    """Tell whether one is the beginning of the other."""
    return one.startswith(other) or other.startswith(one)


def are_two(one: str, other: str) -> bool:
    """Tell whether two hashes cannot be of one file: of the same kind, and not the same."""
    is_same_kind = len(one) == len(other) or {len(one), len(other)} <= _SHA256
    return is_same_kind and not are_one(one, other)
