"""What registries and bundles are told of the program, from the code: server.json, the bundle's manifest, llms.txt."""

import json
from pathlib import Path
from typing import Any

from civitai_engagement import __version__
from civitai_engagement.server.toolsets import recorded
from civitai_engagement.setting_origins import variable_of
from civitai_engagement.setting_values import Toolset
from civitai_engagement.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
# Whoever publishes it owns this namespace; the README bears the same name for the registry to find.
REGISTRY_NAME = "io.github.civitai-engagement/civitai-engagement"
DESCRIPTION = "How your Civitai images, videos and posts are doing: live, over time, and why."
SECRETS = {"civitai_api_key", "own_database_url"}
# What somebody at a client may want to set; the rest stands in `.env` (docs/settings.md).
ASKED = ("civitai_api_key", "creator", "own_database_url", "home", "toolsets")
TITLES = {
    "civitai_api_key": "Civitai API key",
    "creator": "Your name on Civitai",
    "own_database_url": "Postgres URL",
    "home": "Data folder",
    "toolsets": "Sets of tools",
}


def asked() -> list[str]:
    return [name for name in ASKED if name in Settings.model_fields]


def _variable(name: str) -> str:
    return variable_of(name, Settings.model_fields[name])


def _described(name: str) -> str:
    return str(Settings.model_fields[name].description)


def server_json() -> str:
    """Describe the package for the MCP registry (schema of 2025-12-11)."""
    variables = [
        {
            "name": _variable(name),
            "description": _described(name),
            "isRequired": False,
            "isSecret": name in SECRETS,
            "format": "filepath" if name == "home" else "string",
        }
        for name in asked()
    ]
    package = {
        "registryType": "pypi",
        "registryBaseUrl": "https://pypi.org",
        "identifier": "civitai-engagement",
        "version": __version__,
        "runtimeHint": "uvx",
        "transport": {"type": "stdio"},
        "packageArguments": [{"type": "positional", "value": "serve"}],
        "environmentVariables": variables,
    }
    told = {
        "$schema": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
        "name": REGISTRY_NAME,
        "title": "Civitai Engagement",
        "description": DESCRIPTION,
        "version": __version__,
        "packages": [package],
    }
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def manifest() -> str:
    """Describe the bundle for desktop clients (MCPB 0.4, run by uv)."""
    listed = [one for one in recorded() if one["toolset"] != Toolset.LIBRARY]
    told: dict[str, Any] = {
        "manifest_version": "0.4",
        "name": "civitai-engagement",
        "display_name": "Civitai Engagement",
        "version": __version__,
        "description": DESCRIPTION,
        "long_description": "Ask how a post does, record it, watch a creator; later ask how it went, whether that is"
        " good, and what goes with it. Keeps its history in a Postgres of its own. Not affiliated with Civitai.",
        "author": {"name": "The Civitai Engagement authors"},
        "icon": "icon.png",
        "icons": [{"src": "icon.png", "size": "512x512"}],
        "server": {
            "type": "uv",
            "entry_point": "src/civitai_engagement/__main__.py",
            "mcp_config": {
                "command": "uv",
                "args": ["run", "--directory", "${__dirname}", "--extra", "charts", "civitai-engagement", "serve"],
                "env": {_variable(name): f"${{user_config.{name}}}" for name in asked()},
            },
        },
        "tools": [{"name": one["name"], "description": one["title"]} for one in listed],
        "tools_generated": True,
        "keywords": ["civitai", "engagement", "analytics", "reactions"],
        "license": "MIT",
        "compatibility": {"platforms": ["darwin", "win32", "linux"], "runtimes": {"python": ">=3.11"}},
        "user_config": {name: _asked_for(name) for name in asked()},
    }
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def _asked_for(name: str) -> dict[str, Any]:
    kind = "directory" if name == "home" else "string"
    told = {"type": kind, "title": TITLES[name], "description": _described(name), "required": False}
    return {**told, "sensitive": True} if name in SECRETS else told


def llms() -> str:
    """List the pages for whoever reads them by machine (llmstxt.org)."""
    pages = sorted((ROOT / "docs").glob("*.md"))
    lines = [f"- [{_title(page)}](docs/{page.name})" for page in pages]
    head = [
        "# Civitai Engagement",
        "",
        f"> {DESCRIPTION} An MCP server; history is kept in Postgres, embedded or your own.",
        "",
        "Install it with `uvx civitai-engagement setup`, which writes the configuration of the clients it finds. An",
        "assistant that is unsure which tool to call asks `get_media_engagement_guide`.",
        "",
        "## Docs",
        "",
        "- [README](README.md)",
    ]
    rest = ["", "## Optional", "", "- [Changelog](CHANGELOG.md)", "- [Decisions](docs/decisions/README.md)", ""]
    return "\n".join([*head, *lines, *rest])


def _title(page: Path) -> str:
    first = next(line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("# "))
    return first.removeprefix("# ")
