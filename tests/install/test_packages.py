"""What registries and desktop clients are given: made from the code, whole, the same each time, without a secret."""

import json
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from bundle.make import make
from civitai_engagement import __version__
from civitai_engagement.settings import Settings
from docs import packages

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("bundle"))


def manifest() -> dict[str, Any]:
    told: dict[str, Any] = json.loads(packages.manifest())
    return told


def test_the_version_stands_in_one_place() -> None:
    assert version("civitai-engagement") == __version__
    server = json.loads(packages.server_json())
    assert {server["version"], server["packages"][0]["version"], manifest()["version"]} == {__version__}
    written = [
        path for path in ("pyproject.toml", "README.md", "Dockerfile") if __version__ in (ROOT / path).read_text()
    ]
    assert written == []


def test_the_readme_bears_the_name_the_registry_looks_for() -> None:
    assert f"<!-- mcp-name: {packages.REGISTRY_NAME} -->" in (ROOT / "README.md").read_text()


def test_the_registry_is_told_what_fits_and_which_settings_are_secret() -> None:
    told = json.loads(packages.server_json())
    assert re.fullmatch(r"[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+", told["name"])
    assert len(told["description"]) <= 100
    variables = {one["name"]: one["isSecret"] for one in told["packages"][0]["environmentVariables"]}
    assert (variables["CIVITAI_API_KEY"], variables["CIVITAI_ENGAGEMENT_DATABASE_URL"]) == (True, True)
    assert variables["CIVITAI_ENGAGEMENT_HOME"] is False


def test_the_bundle_asks_for_secrets_as_such_and_hands_each_field_on() -> None:
    told = manifest()
    handed = told["server"]["mcp_config"]["env"]
    assert sorted(handed.values()) == sorted(f"${{user_config.{name}}}" for name in told["user_config"])
    assert [name for name, one in told["user_config"].items() if one.get("sensitive")] == [
        "civitai_api_key",
        "own_database_url",
    ]
    assert not any(one["required"] for one in told["user_config"].values())


def test_a_field_left_empty_in_the_bundle_is_no_setting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in manifest()["server"]["mcp_config"]["env"].items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    read = Settings()
    assert (read.civitai_api_key, read.database, read.toolsets) == (None, None, "creator,why")
    assert "user_config" not in str(read.home)


def test_the_bundle_is_whole_small_and_the_same_each_time(bundle: Path, tmp_path: Path) -> None:
    assert make(tmp_path).read_bytes() == bundle.read_bytes()
    with zipfile.ZipFile(bundle) as archive:
        names = set(archive.namelist())
        told = json.loads(archive.read("manifest.json"))
    assert {"icon.png", "pyproject.toml", told["server"]["entry_point"], "alembic/env.py"} <= names
    assert not [name for name in names if name.endswith((".pyc", ".env")) or "__pycache__" in name]
    assert bundle.stat().st_size < 2_000_000


def test_each_line_to_copy_from_the_readme_starts_the_server() -> None:
    told = (ROOT / "README.md").read_text()
    install = told[told.index("## Install") : told.index("## Try it")]
    objects = [json.loads(one) for one in re.findall(r"`(\{.*\})`|'(\{.*\})'", install) for one in one if one]
    entries = [one["mcpServers"]["civitai-engagement"] if "mcpServers" in one else one for one in objects]
    assert [(one["command"], one["args"]) for one in entries] == [("uvx", ["civitai-engagement", "serve"])] * 2
    assert "claude mcp add civitai-engagement -- uvx civitai-engagement serve" in install
    assert all(
        client in install for client in ("Claude Desktop", "Claude Code", "Cursor", "VS Code", "Windsurf", "WSL")
    )


def test_extras_are_those_the_readme_names() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert {"all", "why", "charts", "parquet"} <= extras.keys()


@pytest.mark.slow
def test_wheel_and_sdist_are_the_same_each_time_and_hold_what_they_must(tmp_path: Path) -> None:
    pytest.importorskip("hatchling")
    first, second = (built(tmp_path / name) for name in ("first", "second"))
    assert [one.read_bytes() for one in first] == [one.read_bytes() for one in second]
    wheel, sdist = first
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = (archive.read(one).decode() for one in names if one.endswith("METADATA"))
    assert "civitai_engagement/alembic/env.py" in names
    assert "civitai_engagement/store/sql/backup.sql" in names
    assert f"Version: {__version__}" in metadata
    with tarfile.open(sdist) as archive:
        files = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE", "alembic/env.py", "src/civitai_engagement/py.typed"} <= files


def built(folder: Path) -> tuple[Path, Path]:
    """Build as a registry's own tools do, from this environment's hatchling."""
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, env={"SOURCE_DATE_EPOCH": "1767225600"})
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, sdist
