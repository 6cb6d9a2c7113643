"""Hashes the files that users name, without becoming a way into places that users cannot reach themselves."""

from civitai_engagement.outbound.digest import FileDigest
from civitai_engagement.outbound.fetcher import Fetcher
from civitai_engagement.outbound.paths import digest_path

__all__ = ["Fetcher", "FileDigest", "digest_path"]
