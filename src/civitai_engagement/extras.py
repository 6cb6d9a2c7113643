"""How to add an optional library to this installation: each way of installing has its own words."""

import json
import shlex
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

NAME = "civitai-engagement"
_CACHED = {"archive-v0", "environments-v2"}  # folders of uv's cache, where uvx makes its environments


def how_to_add(extra: str) -> str:
    """Say which command adds an extra.

    >>> how_to_add("charts")
    "pip install 'civitai-engagement[charts]'"
    """
    home, again = Path(sys.prefix), shlex.quote(_from_where_it_came(extra))
    if (home / "uv-receipt.toml").exists():
        return f"uv tool install --force {again}"
    if (home / "pipx_metadata.json").exists():
        return f"pipx install --force {again}"
    if cached_by_uv():
        return f"uvx --from {again} {NAME} ..."
    return f"pip install '{NAME}[{extra}]'"  # pip adds to what is installed, wherever that came from


def cached_by_uv() -> bool:
    """Tell whether this installation stands in uv's cache, which may be emptied at any time."""
    return bool(_CACHED.intersection(Path(sys.prefix).parts))


def origin_for_uvx() -> str:
    """Name what uvx is to run, as it was told to."""
    return _from_where_it_came("")


def _from_where_it_came(extra: str) -> str:
    """Name what these tools are to install anew."""
    told = _origin()
    url, wanted = str(told.get("url", "")), f"[{extra}]" if extra else ""
    if url.startswith("file://") and "dir_info" in told:
        return f"{url.removeprefix('file://')}{wanted}"
    is_file = url.startswith(("file://", "https://")) and "archive_info" in told
    return f"{NAME}{wanted} @ {url}" if is_file else f"{NAME}{wanted}"


def _origin() -> dict[str, Any]:
    """Read where this installation came from (PEP 610); nothing for what came from an index."""
    try:
        text = distribution(NAME).read_text("direct_url.json")
    except PackageNotFoundError:
        text = None
    told: dict[str, Any] = json.loads(text) if text else {}
    return told
