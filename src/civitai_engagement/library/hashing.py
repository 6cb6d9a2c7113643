"""Hash a file: at a public address, or, for a client on this machine, below a folder its user allowed."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from civitai_engagement.errors import BadInput
from civitai_engagement.library.sources import Sources
from civitai_engagement.records.media import MediaType

if TYPE_CHECKING:
    from civitai_engagement.outbound import FileDigest


def is_url(text: str) -> bool:
    return bool(urlsplit(text).scheme) and "://" in text


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
        raise BadInput("Local files can be read only by a client on the same machine (stdio).", hint="Pass an http(s) URL.")
    return await digest_path(text, sources.settings.folders, expected)
