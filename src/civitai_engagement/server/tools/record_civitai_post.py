"""Record posts."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, Field

from civitai_engagement.answers.answer import Answer, clean, count, oldest, row, spoken, utc
from civitai_engagement.answers.now.media import summed
from civitai_engagement.civitai.urls import parse_post
from civitai_engagement.errors import Refused, Retryable
from civitai_engagement.inputs.named import spelled_out
from civitai_engagement.library.record import record_post
from civitai_engagement.server.tool import Card, Ctx, Ids

if TYPE_CHECKING:
    from civitai_engagement.library.record import RecordResult

CARD = Card("Record posts to follow them", is_read_only=False)


class PostOutcome(BaseModel):
    """What became of one post asked for; `reactions` and `comments` are null where unknown."""

    post: str
    outcome: Literal["recorded", "updated", "failed"]
    post_id: str | None = None
    title: str | None = None
    creator: str | None = None
    assets: int | None = None
    new_assets: int | None = None
    reactions: int | None = None
    comments: int | None = None
    note: str | None = None
    error: str | None = None


class RecordedNow(Answer):
    """One outcome a post, in the order asked."""

    recorded: int
    updated: int
    failed: int
    results: list[PostOutcome]

    def _lines(self) -> list[str]:
        head = "outcome|post|creator|title|media|new|reactions|comments|remark"
        return [head, *(_line(one) for one in self.results)]


def _line(one: PostOutcome) -> str:
    if one.error is not None:
        return row(one.outcome, one.post, one.error)
    numbers = (one.assets, one.new_assets, one.reactions, one.comments)
    return row(one.outcome, one.post_id, one.creator, one.title or "(no title)", *numbers, one.note or "")


async def record_civitai_post(
    ctx: Ctx,
    *,
    posts: Annotated[
        Ids, Field(min_length=1, max_length=20, description="Civitai posts: ids or URLs, up to 20 a call.")
    ],
    hash_files: Annotated[
        bool,
        Field(description="Also read each file, to recognise by SHA-256 what was recorded before it was published."),
    ] = False,
) -> RecordedNow:
    """Record posts: keep them in the library with all media, prompts, generation parameters and a first observation,
    and track them from now on. To add, save, remember or start with what you just published; history begins here, so
    record early.

    Without saving: watch_post. Recording again updates.
    """
    sources = ctx.request_context.lifespan_context
    results: list[PostOutcome] = []
    seen: list[RecordResult] = []
    wanted = dict.fromkeys(await spelled_out(sources, posts))
    for position, text in enumerate(wanted):
        try:
            number = parse_post(text, own_host=sources.settings.civitai_host)
            done = await record_post(sources, number, hash_files=hash_files)
        except (Refused, Retryable) as error:
            results.append(PostOutcome(post=text[:200], outcome="failed", error=str(error)))
        else:
            seen.append(done)
            results.append(_outcome(text, done))
        await ctx.report_progress(position + 1, len(wanted), f"post {text[:60]}")
    return _answer(results, seen)


def _outcome(text: str, done: "RecordResult") -> PostOutcome:
    sums = summed(done.observed.values())
    media = done.reading.media
    return PostOutcome(
        post=text[:200],
        outcome="recorded" if done.is_new else "updated",
        post_id=str(done.post_id),
        title=clean(done.post.title, 80) if done.post else None,
        creator=clean(next((one.username for one in media if one.username), None), 60),
        assets=len(media),
        new_assets=done.new_assets,
        reactions=None if sums is None else sums.reactions,
        comments=None if sums is None else sums.comment,
        note=" ".join(done.remarks()) or None,
    )


def _answer(results: list[PostOutcome], seen: "list[RecordResult]") -> RecordedNow:
    numbers = {outcome: sum(one.outcome == outcome for one in results) for outcome in ("recorded", "updated", "failed")}
    as_of = oldest(one.reading.as_of for one in seen)
    assets = sum(len(one.reading.media) for one in seen)
    did = ", ".join(f"{count(number, 'post')} {outcome}" for outcome, number in numbers.items() if number)
    when = f", observed at {spoken(as_of)}" if as_of else ""
    return RecordedNow(
        summary=f"{did}: {count(assets, 'media', 'media')}{when}.",
        as_of=utc(as_of),
        notes=[],
        results=results,
        **numbers,
    )
