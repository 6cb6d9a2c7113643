"""List what is recorded."""

from datetime import UTC, date, datetime, time
from typing import Annotated, Literal

from pydantic import Field

from civitai_engagement.answers.recorded_posts import RecordedPosts, recorded_posts
from civitai_engagement.civitai.urls import parse_post
from civitai_engagement.errors import BadInput
from civitai_engagement.server.tool import Card, Ctx, Id
from civitai_engagement.store.posts import PostFilter

CARD = Card("List recorded posts", asks_civitai=False)
_WHEN = "ISO 8601, UTC unless it names a zone; a date alone is the whole day."


async def list_civitai_posts(
    ctx: Ctx,
    *,
    civitai_id: Annotated[Id, Field(description="Only this post: its id or URL.")] = "",
    id: Annotated[Id, Field(description="The same; posts have one id.")] = "",  # noqa: A002 # older clients' word
    status: Annotated[Literal["pending", "published", "failed"] | None, Field(description="Only this status.")] = None,
    created_by: Annotated[str, Field(description="Only of this Civitai creator, or recorded by this person.")] = "",
    on_behalf_of: Annotated[str, Field(description="Only recorded for this person.")] = "",
    asset_type: Annotated[Literal["image", "video", "audio"] | None, Field(description="Only with such media.")] = None,
    text: Annotated[
        str, Field(max_length=500, description='Words in title, text or prompts; "a phrase", -without.')
    ] = "",
    start_time: Annotated[str, Field(description=f"Published (else recorded) from. {_WHEN}")] = "",
    end_time: Annotated[str, Field(description="Published (else recorded) until.")] = "",
    include_details: Annotated[bool, Field(description="Also tags, description and assets of each.")] = False,
    limit: Annotated[int, Field(ge=1, le=100, description="Posts a page.")] = 50,
    offset: Annotated[int, Field(ge=0, le=1_000_000, description="Posts to skip.")] = 0,
) -> RecordedPosts:
    """Recorded posts, newest first, with their latest observed engagement and what they gained in 24 h and 7 days.

    Reads only what was recorded (record_civitai_post, create_civitai_post); asks Civitai nothing.
    """
    sources = ctx.request_context.lifespan_context
    wanted = PostFilter(
        post_id=_post(civitai_id, id, sources.settings.civitai_host),
        status=status,
        created_by=created_by.strip().lstrip("@") or None,
        start_time=_instant("start_time", start_time),
        end_time=_instant("end_time", end_time, is_end=True),
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


def _instant(name: str, text: str, *, is_end: bool = False) -> datetime | None:
    """Read a moment; a date alone stands for its first moment, or as an end for its last."""
    text = text.strip()
    if not text:
        return None
    try:
        instant = datetime.fromisoformat(text)
        aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
        return datetime.combine(aware, time.max, UTC) if is_end and _is_day(text) else aware.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadInput(f"{name} {text[:40]!r} is no date.", hint="Write 2026-11-21 or 2026-11-21T09:00:00Z.") from error


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
