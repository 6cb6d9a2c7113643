"""Resource templates: a post and an image by their ids, as JSON. What answers is loaded when it is asked for."""

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError

from civitai_engagement.answers.answer import Answer
from civitai_engagement.civitai.urls import parse_image, parse_post
from civitai_engagement.errors import Refused, Retryable
from civitai_engagement.records.filters import Subject
from civitai_engagement.runtime import Runtime

if TYPE_CHECKING:
    from civitai_engagement.server.template_answers import TemplateAnswers


def add_templates(server: MCPServer[Any], runtime: Runtime) -> None:
    """Offer a post and an image: `post://`, `image://`, their history, `history://`, and what moved, `changes://`."""
    _add_live(server, runtime)
    _add_history(server, runtime)


def _add_live(server: MCPServer[Any], runtime: Runtime) -> None:

    @server.resource("post://{post_id}", title="A post's engagement now", mime_type="application/json")
    async def post(post_id: str) -> str:
        """A Civitai post with its media and counters, live (the first 50 media)."""

        async def answer() -> Answer:
            return await _answers().post(runtime, parse_post(post_id))

        return await _as_json(answer())

    @server.resource("image://{image_id}", title="An image's engagement", mime_type="application/json")
    async def image(image_id: str) -> str:
        """A Civitai image as recorded, or as Civitai shows it now."""

        async def answer() -> Answer:
            return await _answers().image(runtime, parse_image(image_id))

        return await _as_json(answer())


def _add_history(server: MCPServer[Any], runtime: Runtime) -> None:
    @server.resource("history://post/{post_id}", title="A post's history", mime_type="application/json")
    async def post_history(post_id: str) -> str:
        """The counters of a followed post over the last seven days."""

        async def answer() -> Answer:
            return await _answers().past(runtime, Subject(post_id=parse_post(post_id)))

        return await _as_json(answer())

    @server.resource("history://image/{image_id}", title="An image's history", mime_type="application/json")
    async def image_history(image_id: str) -> str:
        """The counters of a followed image over the last seven days."""

        async def answer() -> Answer:
            return await _answers().past(runtime, Subject(image_id=parse_image(image_id)))

        return await _as_json(answer())

    @server.resource("changes://latest", title="What moved", mime_type="application/json")
    async def latest_changes() -> str:
        """The latest changes of followed media."""
        return await _as_json(_answers().moved(runtime))


def _answers() -> "type[TemplateAnswers]":
    """Load what answers when a resource is read: a server that is only listed does not pay for it."""
    from civitai_engagement.server.template_answers import TemplateAnswers

    return TemplateAnswers


async def _as_json(answer: Awaitable[Answer]) -> str:
    try:
        return (await answer).model_dump_json(exclude_unset=True)
    except Refused as error:
        raise ResourceNotFoundError(str(error)) from error
    except Retryable as error:
        raise ResourceError(str(error)) from error
