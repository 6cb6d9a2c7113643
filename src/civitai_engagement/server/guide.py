"""The engagement guide: one text, offered as prompt, resource and tool."""

from functools import cache
from importlib.resources import files
from typing import Any

from mcp.server import MCPServer


@cache
def engagement_guide() -> str:
    return files(__package__).joinpath("engagement_guide.md").read_text(encoding="utf-8")


def add_guide(server: MCPServer[Any]) -> None:
    """Offer the guide to people (prompt) and to programs (resource)."""

    @server.prompt(title="How to work with Civitai engagement")
    def civitai_media_engagement() -> str:
        """Which tool answers which question, what the metrics mean, what to do when a call fails."""
        return engagement_guide()

    @server.resource("guide://engagement", title="Engagement guide", mime_type="text/markdown")
    def guide() -> str:
        """The engagement guide."""
        return engagement_guide()
