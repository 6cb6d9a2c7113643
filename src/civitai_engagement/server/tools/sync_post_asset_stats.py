"""Observe a post now."""

from typing import Annotated

from pydantic import WithJsonSchema

from civitai_engagement.answers.answer import Answer, count, spoken, utc
from civitai_engagement.answers.now.media import Totals, summed, totals_line, totals_of
from civitai_engagement.inputs.named import post_of
from civitai_engagement.library.syncing import Synced, sync_post
from civitai_engagement.server.tool import POST, Card, Ctx, Id

CARD = Card("Observe a recorded post now", is_read_only=False)


class SyncedPost(Answer):
    """What observing did: `synced_count` assets believed, `doubted_count` kept aside, `skipped_count` not recorded."""

    success: bool
    civitai_post_id: str
    total_images_fetched: int
    synced_count: int
    changed_count: int
    doubted_count: int
    unknown_count: int
    skipped_count: int
    failed_count: int
    failed: list[str]
    totals: Annotated[
        Totals, WithJsonSchema({"type": "object", "description": "As fetch_civitai_post_assets gives them."})
    ]

    def _lines(self) -> list[str]:
        return [totals_line(self.totals)]


async def sync_post_asset_stats(ctx: Ctx, *, civitai_post_id: Annotated[Id, POST]) -> SyncedPost:
    """Refresh a recorded post: measure its assets again and store their newest stats as one more point of history. To
    update between the regular rounds; only to read: fetch_civitai_post_assets.

    Sudden zeros and falls wait for a later look. Media not recorded are skipped: record_civitai_post.
    """
    sources = ctx.request_context.lifespan_context
    done = await sync_post(sources, await post_of(sources, civitai_post_id))
    return _answer(done)


def _answer(done: Synced) -> SyncedPost:
    seen = done.observed
    believed, listed = len(seen.believed), len(done.reading.media) - done.skipped
    gone = done.recorded - listed
    sums = totals_of(summed(seen.believed.values()), known=believed, media=done.recorded)
    doubts = {
        "{} kept aside: their counters fell or vanished; a later look decides.": seen.doubted,
        "{} recorded but not listed by Civitai now.": gone,
        "{} on Civitai but not recorded: record_civitai_post adds them.": done.skipped,
    }
    return SyncedPost(
        summary=(
            f"{count(believed, 'asset')} of post {done.post_id} observed at {spoken(done.reading.as_of)}, "
            f"{seen.changed} changed since the last look."
        ),
        as_of=utc(done.reading.as_of),
        notes=[text.format(count(number, "asset")) for text, number in doubts.items() if number]
        + list(done.reading.notes),
        success=True,
        civitai_post_id=str(done.post_id),
        total_images_fetched=len(done.reading.media),
        synced_count=believed,
        changed_count=seen.changed,
        doubted_count=seen.doubted,
        unknown_count=listed - believed - seen.doubted,
        skipped_count=done.skipped,
        failed_count=0,
        failed=[],
        totals=sums,
    )
