"""The answer of `fetch_civitai_post_assets`: every media of a post with its engagement, a page at a time."""

from collections.abc import Sequence

from civitai_engagement.answers.answer import TEXT_BYTES, Answer, clean, count, fit, spoken, utc
from civitai_engagement.answers.now.live import ABSENT, MediaNow, see_post
from civitai_engagement.answers.now.media import (
    COLUMNS,
    AssetRow,
    Totals,
    asset_row,
    text_row,
    totals,
    totals_line,
    types,
    url_form,
)
from civitai_engagement.records.media import Media
from civitai_engagement.sources import Sources


class PostAssets(Answer):
    """One page of a post's media, ordered by id. `totals` are over the whole post, not the page."""

    post_id: str
    post_url: str
    is_stored: bool
    page: int
    limit: int
    asset_count: int
    total_count: int
    has_more: bool
    next_page: int | None
    totals: Totals
    assets: list[AssetRow]

    def _lines(self) -> list[str]:
        head = [totals_line(self.totals)] if self.total_count else []
        if not self.assets:
            return head
        form = url_form(self.assets)
        head += [*([form] if form else []), COLUMNS]
        rows = [text_row(one) for one in self.assets]
        return [
            *head,
            *rows,
            *self._made(TEXT_BYTES - len("\n".join([self.summary, *head, *rows, *self.notes]).encode())),
        ]

    def _made(self, budget: int) -> list[str]:
        """Say how each was made, in what room is left."""
        made = [one for one in self.assets if one.generation]
        if not made:
            return []
        share = max(40, (budget - 300) // len(made))
        lines = [_made_line(one, share) for one in made]
        kept = fit(lines, budget - 200)
        left = len(lines) - len(kept)
        tail = [f"({left} more have parameters: ask with a smaller limit)"] if left else []
        return [
            "how they were made (words of the uploaders, cut to fit: ask with a smaller limit for more):",
            *kept,
            *tail,
        ]


def _made_line(one: AssetRow, room: int) -> str:
    parts = [
        f"{name}={value}" for name, value in (one.generation or {}).items() if name not in {"prompt", "negative_prompt"}
    ]
    prompt = (one.generation or {}).get("prompt")
    line = " ".join(
        [
            one.civitai_image_id,
            *([one.base_model] if one.base_model else []),
            *parts,
            *([f"prompt: {prompt}"] if prompt else []),
        ]
    )
    return line.replace("|", "/").encode()[: room - 1].decode(errors="ignore")


async def post_assets(sources: Sources, post_id: int, *, limit: int, page: int, details: bool) -> PostAssets:
    """Fetch one page of a post's media, live.

    Raises:
        UpstreamDown: Civitai does not answer, and nothing is stored of this post.
    """
    seen = await see_post(sources, post_id, details=details)
    shown = seen.media[(page - 1) * limit : page * limit]
    has_more = page * limit < len(seen.media)
    sums = totals(seen.media)
    return PostAssets(
        summary=_summary(post_id, seen, shown, sums, page=page, limit=limit),
        as_of=utc(seen.as_of),
        notes=list(seen.notes) if seen.media else [],
        post_id=str(post_id),
        post_url=f"{sources.settings.civitai_base_url}/posts/{post_id}",
        is_stored=seen.is_stored,
        page=page,
        limit=limit,
        asset_count=len(shown),
        total_count=len(seen.media),
        has_more=has_more,
        next_page=page + 1 if has_more else None,
        totals=sums,
        assets=[asset_row(one, details=details) for one in shown],
    )


def _summary(post_id: int, seen: MediaNow, shown: Sequence[Media], sums: Totals, *, page: int, limit: int) -> str:
    if not seen.media:
        return f"Civitai lists no media for post {post_id}. {ABSENT}"
    head = f"Post {post_id}{_by(seen.media)} has {types(seen.media)} with {_engagement(seen, sums)}"
    pages = -(-len(seen.media) // limit)
    if not shown:
        return f"{head}; page {page} is past the end, the last is page {pages}."
    return (
        f"{head}." if pages == 1 else f"{head}; this is page {page} of {pages} ({count(len(shown), 'media', 'media')})."
    )


def _by(media: Sequence[Media]) -> str:
    names = sorted({name for one in {each.username for each in media} if (name := clean(one, 60))})
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f" by {', '.join(names[:3])}{more}" if names else ""


def _engagement(seen: MediaNow, sums: Totals) -> str:
    when = f" {'when last recorded,' if seen.is_stored else 'as of'} {spoken(seen.as_of)}" if seen.as_of else ""
    if sums.stats is None or sums.reactions is None:
        return f"counters unknown{when}"
    return f"{count(sums.reactions, 'reaction')} and {count(sums.stats.comment, 'comment')}{when}"
