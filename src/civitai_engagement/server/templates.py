"""Resource templates: a post and an image by their ids, as JSON. What answers is loaded when it is asked for."""

from collections.abc import Awaitable
from typing import Any

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError

from civitai_engagement.answers.answer import Answer
from civitai_engagement.civitai.urls import parse_image, parse_post
from civitai_engagement.errors import Refused, Retryable
from civitai_engagement.runtime import Runtime


def add_templates(server: MCPServer[Any], runtime: Runtime) -> None:
    """Offer a post and an image: `post://`, `image://`, their history, `history://`, and what moved, `changes://`."""
    _add_live(server, runtime)
    _add_history(server, runtime)


def _add_live(server: MCPServer[Any], runtime: Runtime) -> None:

    @server.resource("post://{post_id}", title="A post's engagement now", mime_type="application/json")
    async def post(post_id: str) -> str:
        """A Civitai post with its media and counters, live (the first 50 media)."""

        async def answer() -> Answer:
            from civitai_engagement.answers.now.post_assets import post_assets

            return await post_assets(runtime, parse_post(post_id), limit=50, page=1, details=False)

        return await _as_json(answer())

    @server.resource("image://{image_id}", title="An image's engagement", mime_type="application/json")
    async def image(image_id: str) -> str:
        """A Civitai image as recorded, or as Civitai shows it now."""

        async def answer() -> Answer:
            from civitai_engagement.answers.recorded.asset import asset
            from civitai_engagement.records.filters import AssetFilter

            return await asset(runtime, AssetFilter(image_id=parse_image(image_id)))

        return await _as_json(answer())


def _add_history(server: MCPServer[Any], runtime: Runtime) -> None:
    @server.resource("history://post/{post_id}", title="A post's history", mime_type="application/json")
    async def post_history(post_id: str) -> str:
        """The counters of a followed post over the last seven days."""

        async def answer() -> Answer:
            from civitai_engagement.answers.over_time.history import HistoryOptions, history
            from civitai_engagement.records.filters import Subject

            return await history(runtime, Subject(post_id=parse_post(post_id)), HistoryOptions())

        return await _as_json(answer())

    @server.resource("history://image/{image_id}", title="An image's history", mime_type="application/json")
    async def image_history(image_id: str) -> str:
        """The counters of a followed image over the last seven days."""

        async def answer() -> Answer:
            from civitai_engagement.answers.over_time.history import HistoryOptions, history
            from civitai_engagement.records.filters import Subject

            return await history(runtime, Subject(image_id=parse_image(image_id)), HistoryOptions())

        return await _as_json(answer())

    @server.resource("changes://latest", title="What moved", mime_type="application/json")
    async def latest_changes() -> str:
        """The latest changes of followed media."""
        from civitai_engagement.answers.over_time.changes import changes
        from civitai_engagement.records.filters import Subject

        return await _as_json(changes(runtime, Subject()))


async def _as_json(answer: Awaitable[Answer]) -> str:
    try:
        return (await answer).model_dump_json(exclude_unset=True)
    except Refused as error:
        raise ResourceNotFoundError(str(error)) from error
    except Retryable as error:
        raise ResourceError(str(error)) from error
