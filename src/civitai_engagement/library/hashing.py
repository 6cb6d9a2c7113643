"""Hash a file: at a public address, or, for a client on this machine, below a folder its user allowed."""

import logging
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from civitai_engagement.errors import BadInput, Refused, Retryable
from civitai_engagement.records.media import Media, MediaType
from civitai_engagement.sources import Sources

if TYPE_CHECKING:
    from civitai_engagement.outbound import FileDigest

log = logging.getLogger(__name__)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


def is_url(text: str) -> bool:
    """Say whether a text means to be a URL; whether it is one, reading it tells."""
    return _SCHEME.match(text) is not None


async def hash_file(sources: Sources, text: str, expected: MediaType | None) -> "FileDigest":
    """Read a file once, for its SHA-256 and what it is.

    Raises:
        BadInput: The address or path is not allowed, or the file is not what it is said to be.
        NotFound: There is no such file.
        Retryable: It could not be read now.
    """
    from civitai_engagement.outbound import Fetcher, digest_path

    if is_url(text):
        async with Fetcher(sources.settings) as fetcher:
            return await fetcher.digest(text, expected)
    if not sources.is_local:
        hint = "Pass an http(s) URL."
        raise BadInput("Local files can be read only for a client on the same machine (stdio).", hint=hint)
    settings = sources.settings
    return await digest_path(text, settings.folders, most_bytes=settings.outbound_max_bytes, expected=expected)


async def hash_media(sources: Sources, media: Sequence[Media]) -> dict[int, str]:
    """Hash the files of media, by image id; a file that cannot be read is left out, it is no reason not to record."""
    from civitai_engagement.outbound import Fetcher

    digests: dict[int, str] = {}
    async with Fetcher(sources.settings) as fetcher:
        for one in media:
            try:
                digests[one.id] = (await fetcher.digest(one.url)).sha256
            except (Refused, Retryable) as error:
                log.info("a file could not be hashed", extra={"image_id": one.id, "reason": str(error)})
    return digests
