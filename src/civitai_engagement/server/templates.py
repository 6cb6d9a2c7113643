"""Resource templates: a post and an image by their ids, as JSON."""

from collections.abc import Awaitable
from typing import Any

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError

from civitai_engagement.answers.answer import Answer
from civitai_engagement.answers.asset import asset
from civitai_engagement.answers.post_assets import post_assets
from civitai_engagement.civitai.urls import parse_image, parse_post
from civitai_engagement.errors import Refused, Retryable
from civitai_engagement.runtime import Runtime
from civitai_engagement.store.assets import AssetFilter


def add_templates(server: MCPServer[Any], runtime: Runtime) -> None:
    """Offer `post://{post_id}` and `image://{image_id}`."""

    @server.resource("post://{post_id}", title="A post's engagement now", mime_type="application/json")
    async def post(post_id: str) -> str:
        """A Civitai post with its media and counters, live (the first 50 media)."""

        async def answer() -> Answer:
            return await post_assets(runtime, parse_post(post_id), limit=50, page=1, details=False)

        return await _as_json(answer())

    @server.resource("image://{image_id}", title="An image's engagement", mime_type="application/json")
    async def image(image_id: str) -> str:
        """A Civitai image as recorded, or as Civitai shows it now."""

        async def answer() -> Answer:
            return await asset(runtime, AssetFilter(image_id=parse_image(image_id)))

        return await _as_json(answer())


async def _as_json(answer: Awaitable[Answer]) -> str:
    try:
        return (await answer).model_dump_json(exclude_unset=True)
    except Refused as error:
        raise ResourceNotFoundError(str(error)) from error
    except Retryable as error:
        raise ResourceError(str(error)) from error
