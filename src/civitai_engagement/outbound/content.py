"""What a file is, told by its first bytes."""

import filetype  # type: ignore[import-untyped] # it ships no types

from civitai_engagement.errors import BadInput
from civitai_engagement.records.media import MediaType

HEAD = 8192
# Film or sound alone: the first bytes are the same.
CONTAINERS = frozenset(
    {"audio/mp4", "audio/ogg", "video/mp4", "video/ogg", "video/quicktime", "video/webm", "video/x-matroska"}
)
IN_WORDS = {MediaType.IMAGE: "an image", MediaType.VIDEO: "a video", MediaType.AUDIO: "audio"}


def recognise(head: bytes) -> str | None:
    """Name the MIME type, or `None` for content that is not known."""
    kind = filetype.guess(head)
    return None if kind is None else str(kind.mime)


def settle(mime: str | None, expected: MediaType | None) -> MediaType | None:
    """Say which media it is, or refuse content that is known to be something else than what was said."""
    found = _media_type(mime, expected)
    if expected is None or mime is None or found is expected:
        return found
    if found is None:
        raise BadInput(
            f"You said {expected}, the file is no media ({mime}).", hint="Pass the address of the media itself."
        )
    raise BadInput(f"You said {expected}, the file is {IN_WORDS[found]} ({mime}).", hint=f"Pass asset_type={found}.")


def _media_type(mime: str | None, expected: MediaType | None) -> MediaType | None:
    if mime in CONTAINERS and expected in {MediaType.AUDIO, MediaType.VIDEO}:
        return expected
    return next((kind for kind in MediaType if mime and mime.startswith(f"{kind}/")), None)
