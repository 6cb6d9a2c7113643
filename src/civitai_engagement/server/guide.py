"""The guides, one for engagement and one for recording: each offered as prompt, resource and tool."""

from functools import cache
from importlib.resources import files
from typing import Any

from mcp.server import MCPServer
from mcp.server.mcpserver.prompts import Prompt
from mcp.server.mcpserver.resources import Resource, TextResource

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
    for prompt in _prompts():
        server.add_prompt(prompt)
    for resource in _resources():
        server.add_resource(resource)


@cache
def _prompts() -> tuple[Prompt, ...]:
    return (
        Prompt.from_function(
            engagement_guide,
            name="civitai_media_engagement",
            title="How to work with Civitai engagement",
            description="Which tool answers which question, what the metrics mean, what to do when a call fails.",
        ),
        Prompt.from_function(
            workflow_guide,
            name="record_civitai_workflow",
            title="How to record posts, files and prompts",
            description="How to record what you make, in one call or step by step, "
            "and what to do when a call is refused.",
        ),
    )


@cache
def _resources() -> tuple[Resource, ...]:
    return (_resource("engagement", engagement_guide()), _resource("recording", workflow_guide()))


def _resource(name: str, text: str) -> TextResource:
    return TextResource(
        uri=f"guide://{name}",
        name=name,
        title=f"{name.capitalize()} guide",
        description=f"The {name} guide.",
        mime_type="text/markdown",
        text=text,
    )
