"""The guides, one for engagement and one for recording, as prompt, resource and tool; and a prompt for what works."""

from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver.prompts import Prompt
from mcp.server.mcpserver.resources import Resource, TextResource
from pydantic import Field

from civitai_engagement.answers.answer import Answer, clean
from civitai_engagement.server.toolsets import EVERY, fitting
from civitai_engagement.settings import Toolset


class Guide(Answer):
    """A guide, in Markdown."""

    guide: str

    def _lines(self) -> list[str]:
        return [self.guide]


@cache
def _page(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def engagement_guide(on: frozenset[Toolset] = EVERY) -> str:
    return fitting(_page("engagement_guide.md"), on)


def workflow_guide(on: frozenset[Toolset] = EVERY) -> str:
    return fitting(_page("workflow_guide.md"), on)


def add_guides(server: MCPServer[Any], on: frozenset[Toolset]) -> None:
    """Offer the guides to people (prompts) and to programs (resources), with the tools that are listed."""
    for prompt in _prompts(on):
        server.add_prompt(prompt)
    for resource in _resources(on):
        server.add_resource(resource)


@cache
def _prompts(on: frozenset[Toolset]) -> tuple[Prompt, ...]:
    asked = [_what_works(on)] if Toolset.WHY in on else []
    return (
        Prompt.from_function(
            _saying(engagement_guide(on)),
            name="civitai_media_engagement",
            title="How to work with Civitai engagement",
            description="Which tool answers which question, what the metrics mean, what to do when a call fails.",
        ),
        Prompt.from_function(
            _saying(workflow_guide(on)),
            name="record_civitai_workflow",
            title="How to record posts, files and prompts",
            description="How to record what you make, in one call or step by step, "
            "and what to do when a call is refused.",
        ),
        *asked,
    )


def _what_works(on: frozenset[Toolset]) -> Prompt:
    page = fitting(_page("what_works.md"), on)

    def what_works(
        creator: Annotated[str, Field(description="Name or profile URL; else all that is followed.")] = "",
    ) -> str:
        name = clean(creator, 60).replace('"', "")
        argument = f'creator="{name}"' if name else ""
        whom = f"the Civitai creator {name}" if name else "all who are followed"
        return page.format(whom=whom, argument=argument, more=argument and f", {argument}")

    return Prompt.from_function(
        what_works,
        name="what_works",
        title="What works",
        description="What goes with more reactions for a creator, how sure that is, and what is worth trying.",
    )


def _saying(text: str) -> Callable[[], str]:
    def guide() -> str:
        return text

    return guide


@cache
def _resources(on: frozenset[Toolset]) -> tuple[Resource, ...]:
    return (_resource("engagement", engagement_guide(on)), _resource("recording", workflow_guide(on)))


def _resource(name: str, text: str) -> TextResource:
    return TextResource(
        uri=f"guide://{name}",
        name=name,
        title=f"{name.capitalize()} guide",
        description=f"The {name} guide.",
        mime_type="text/markdown",
        text=text,
    )
