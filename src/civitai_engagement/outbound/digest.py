"""The digest of a file, made in passing."""

import hashlib
from dataclasses import dataclass

from civitai_engagement.errors import BadInput
from civitai_engagement.outbound.content import HEAD, recognise, settle
from civitai_engagement.records.media import MediaType

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class FileDigest:
    """What a file is: `sha256` in lower-case hexadecimal digits, `size` in bytes.

    `media_type` and `mime` come from its content, `None` where that is not known. `final_url` is where it was found
    (after redirects; `file:` for a local one) and may carry a signature of its host: store the URL the user gave.
    """

    sha256: str
    size: int
    media_type: MediaType | None
    mime: str | None
    final_url: str


class Digestion:
    """Takes a file in pieces, keeps none of them, and refuses as soon as it knows better.

    >>> digestion = Digestion(most_bytes=1_000_000, expected=MediaType.IMAGE)
    >>> digestion.feed(b"GIF89a")
    >>> digestion.finish("https://example.com/a.gif").mime
    'image/gif'
    """

    def __init__(self, most_bytes: int, expected: MediaType | None = None) -> None:
        self._most_bytes = most_bytes
        self._expected = expected
        self._sha256 = hashlib.sha256()
        self._size = 0
        self._head = b""

    def announce(self, size: int) -> None:
        """Refuse a file that is too large, as far as its size is known."""
        if size > self._most_bytes:
            raise BadInput(
                f"The file is larger than {self._most_bytes / MEGABYTE:g} MB.",
                hint="CIVITAI_ENGAGEMENT_OUTBOUND_MAX_BYTES sets the limit.",
            )

    def feed(self, piece: bytes) -> None:
        self.announce(self._size + len(piece))
        self._sha256.update(piece)
        self._size += len(piece)
        if len(self._head) < HEAD:
            self._head = (self._head + piece)[:HEAD]
            if len(self._head) == HEAD:
                settle(recognise(self._head), self._expected)

    def finish(self, final_url: str) -> FileDigest:
        mime = recognise(self._head)
        return FileDigest(
            sha256=self._sha256.hexdigest(),
            size=self._size,
            media_type=settle(mime, self._expected),
            mime=mime,
            final_url=final_url,
        )
