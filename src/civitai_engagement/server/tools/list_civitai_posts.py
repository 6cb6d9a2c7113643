"""List what is recorded."""

from typing import Annotated, Literal

from pydantic import Field

from civitai_engagement.answers.recorded.recorded_posts import RecordedPosts, recorded_posts
from civitai_engagement.civitai.urls import parse_post
from civitai_engagement.errors import BadInput
from civitai_engagement.inputs.named import person_of
from civitai_engagement.inputs.times import WHEN, instant
from civitai_engagement.records.filters import PostFilter
from civitai_engagement.server.tool import Card, Ctx, Id, When

CARD = Card("List recorded posts", asks_civitai=False)


async def list_civitai_posts(
    ctx: Ctx,
    *,
    civitai_id: Annotated[Id, Field(description="Only this post: its id or URL.")] = "",
    id: Annotated[Id, Field(description="The same; posts have one id.")] = "",  # noqa: A002 # older clients' word
    status: Annotated[Literal["pending", "published", "failed"] | None, Field(description="Only this status.")] = None,
    created_by: Annotated[str, Field(description="Of this creator, or recorded by this person; me.")] = "",
    on_behalf_of: Annotated[str, Field(description="Only recorded for this person.")] = "",
    asset_type: Annotated[Literal["image", "video", "audio"] | None, Field(description="Only with such media.")] = None,
    text: Annotated[
        str, Field(max_length=500, description='Words in title, text or prompts; "a phrase", -without.')
    ] = "",
    start_time: Annotated[When, Field(description=f"Published (else recorded) from. {WHEN}")] = "",
    end_time: Annotated[When, Field(description="Published (else recorded) until.")] = "",
    include_details: Annotated[bool, Field(description="Also tags, description, assets.")] = False,
    limit: Annotated[int, Field(ge=1, le=100, description="Posts a page.")] = 50,
    offset: Annotated[int, Field(ge=0, le=1_000_000, description="Posts to skip.")] = 0,
) -> RecordedPosts:
    """All posts you have recorded, newest first, with their latest engagement and gains in 24 h and 7 days. To find the
    last posts, or search by title, words of a prompt, creator, type, status (pending) or month published; gives ids.

    Of anyone followed: list_posts. Ranked: get_top_movers.
    """
    sources = ctx.request_context.lifespan_context
    whom = await person_of(sources, created_by) if created_by.strip() else None
    wanted = PostFilter(
        post_id=_post(civitai_id, id, sources.settings.civitai_host),
        status=status,
        creators=whom.creators if whom else None,
        recorders=whom.recorders if whom else None,
        start_time=instant("start_time", start_time),
        end_time=instant("end_time", end_time, is_end=True),
        on_behalf_of=on_behalf_of.strip() or None,
        asset_type=asset_type,
        text=text.strip() or None,
    )
    return await recorded_posts(sources, wanted, details=include_details, limit=limit, offset=offset)


def _post(civitai_id: str, same: str, host: str) -> int | None:
    named = {parse_post(one, own_host=host) for one in (civitai_id, same) if one.strip()}
    if len(named) > 1:
        raise BadInput("id and civitai_id name different posts.", hint="Pass one of them.")
    return next(iter(named), None)
