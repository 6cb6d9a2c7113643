"""The guides, one for engagement and one for recording: each offered as prompt, resource and tool."""

from functools import cache
from importlib.resources import files
from typing import Any

from mcp.server import MCPServer

from civitai_engagement.answers.answer import Answer


class Guide(Answer):
    """A guide, in Markdown."""

    guide: str

    def _lines(self) -> list[str]:
        return [self.guide]


@cache
def _page(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def engagement_guide() -> str:
    return _page("engagement_guide.md")


def workflow_guide() -> str:
    return _page("workflow_guide.md")


def add_guides(server: MCPServer[Any]) -> None:
    """Offer the guides to people (prompts) and to programs (resources)."""

    @server.prompt(title="How to work with Civitai engagement")
    def civitai_media_engagement() -> str:
        """Which tool answers which question, what the metrics mean, what to do when a call fails."""
        return engagement_guide()

    @server.prompt(title="How to record posts, files and prompts")
    def record_civitai_workflow() -> str:
        """How to record what you make, in one call or step by step, and what to do when a call is refused."""
        return workflow_guide()

    @server.resource("guide://engagement", title="Engagement guide", mime_type="text/markdown")
    def engagement() -> str:
        """The engagement guide."""
        return engagement_guide()

    @server.resource("guide://recording", title="Recording guide", mime_type="text/markdown")
    def recording() -> str:
        """The recording guide."""
        return workflow_guide()
