"""The text of a file as people save it: UTF-8, or what spreadsheets call Unicode, with or without a mark in front."""

from pathlib import Path

from civitai_engagement.errors import BadInput

_MARKS = {b"\xff\xfe\0\0": "utf-32", b"\0\0\xfe\xff": "utf-32", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_HINT = "Save it as CSV UTF-8, then try again."


def read_text(path: Path) -> str:
    """Read a file.

    Raises:
        BadInput: It cannot be read, or is no text.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error
    try:
        text = raw.decode(_encoding(raw))
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not text in UTF-8 (byte {error.start}).", hint=_HINT) from error
    if "\0" in text:
        raise BadInput(f"{path} is not text in UTF-8 (byte {raw.index(0)}).", hint=_HINT)
    return text


def _encoding(raw: bytes) -> str:
    """Tell by the mark, else by where the zeros are: half of UTF-16 is zeros where the text is an address."""
    for mark, encoding in _MARKS.items():
        if raw.startswith(mark):
            return encoding
    even, odd = raw[::2].count(0), raw[1::2].count(0)
    if not (even or odd) or len(raw) % 2:
        return "utf-8-sig"
    return "utf-16-le" if odd > even else "utf-16-be"
