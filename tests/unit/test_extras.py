"""A hint to install an extra fits how this program was installed."""

import json
import sys
from importlib.metadata import Distribution
from pathlib import Path

import pytest

from civitai_engagement import extras

INDEX = "'civitai-engagement[charts]'"
WAYS = {
    "pip": ("venv", "", f"pip install {INDEX}"),
    "uv tool": ("tools/civitai-engagement", "uv-receipt.toml", f"uv tool install --force {INDEX}"),
    "pipx": ("venvs/civitai-engagement", "pipx_metadata.json", f"pipx install --force {INDEX}"),
    "uvx": ("uv/archive-v0/x1y2", "", f"uvx --from {INDEX} civitai-engagement ..."),
}


class Installed(Distribution):
    """An installation that tells where it came from."""

    def __init__(self, told: object) -> None:
        self._told = told

    def read_text(self, filename: str) -> str | None:
        return json.dumps(self._told) if self._told and filename == "direct_url.json" else None

    def locate_file(self, path: object) -> Path:
        return Path(str(path))


@pytest.mark.parametrize("way", WAYS)
def test_each_way_of_installing_has_its_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, way: str) -> None:
    folder, mark, said = WAYS[way]
    home = tmp_path / folder
    home.mkdir(parents=True)
    if mark:
        (home / mark).touch()
    monkeypatch.setattr(sys, "prefix", str(home))
    monkeypatch.setattr(extras, "distribution", lambda _: Installed(None))
    assert extras.how_to_add("charts") == said


ORIGINS = {
    "a folder": ({"url": "file:///home/me/clone", "dir_info": {}}, "'/home/me/clone[why]'"),
    "a wheel": ({"url": "file:///a.whl", "archive_info": {}}, "'civitai-engagement[why] @ file:///a.whl'"),
    "an index": (None, "'civitai-engagement[why]'"),
}


@pytest.mark.parametrize("origin", ORIGINS)
def test_it_comes_from_where_the_program_came(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, origin: str) -> None:
    told, said = ORIGINS[origin]
    (tmp_path / "uv-receipt.toml").touch()
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(extras, "distribution", lambda _: Installed(told))
    assert extras.how_to_add("why") == f"uv tool install --force {said}"


def test_pip_adds_to_what_is_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert extras.how_to_add("why") == "pip install 'civitai-engagement[why]'"
