"""The answer of `get_top_media`: the best media of some posts, and how the types compare."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from civitai_engagement.answers.answer import clean, count, oldest, utc
from civitai_engagement.answers.insight.equal_age import TypicalAtAge, at_equal_age, doubts_of, told_apart
from civitai_engagement.answers.insight.titles import titles_at_hand
from civitai_engagement.answers.insight.top_media_shape import (
    AGES_DIFFER,
    MEASURES,
    FailedPost,
    RankBy,
    RankedMedia,
    TopMedia,
    TypeComparison,
)
from civitai_engagement.answers.now.live import ABSENT, MediaNow, see_post
from civitai_engagement.answers.now.media import stats, summed
from civitai_engagement.civitai.urls import image_url
from civitai_engagement.errors import BadSetup, NotFound, Refused, StoreDown, UpstreamDown
from civitai_engagement.records.media import Counters, Media
from civitai_engagement.records.post_list import ObservedKind, ObservedMedia
from civitai_engagement.sources import Sources


async def top_media(sources: Sources, posts: Sequence[int], *, by: RankBy, type_: str | None, limit: int) -> TopMedia:
    """Rank the media of posts, live; a post that fails does not spoil the others.

    Raises:
        UpstreamDown: None of the posts could be looked at.
        Refused: None of the posts could be looked at.
    """
    seen: list[MediaNow] = []
    errors: dict[int, UpstreamDown | Refused] = {}
    for post_id in dict.fromkeys(posts):
        try:
            seen.append(await _see(sources, post_id))
        except (UpstreamDown, Refused) as error:
            errors[post_id] = error
    if not seen:
        raise next(iter(errors.values()))
    failed = [FailedPost(post=str(post_id), error=str(error)) for post_id, error in errors.items()]
    by_type = await _by_type(sources, [one for each in seen for one in each.media], by)
    told = _answer(seen, failed, by_type, TopMediaOptions(by, type_, limit, sources.settings.civitai_base_url))
    return told.model_copy(update={"top": await _titled(sources, told.top)})


async def _titled(sources: Sources, top: list[RankedMedia]) -> list[RankedMedia]:
    known = await titles_at_hand(sources, [int(one.post_id) for one in top if one.post_id])
    return [
        one.model_copy(update={"title": clean(title, 60)}) if (title := known.get(int(one.post_id or 0))) else one
        for one in top
    ]


async def _by_type(sources: Sources, media: Sequence[Media], by: RankBy) -> list[TypeComparison]:
    newest = sorted(media, key=lambda one: (one.created_at.timestamp() if one.created_at else 0, one.id), reverse=True)
    kinds = {kind: [one for one in newest if one.type == kind] for kind in sorted({one.type for one in media})}
    aged = await _aged(sources, [[one.id for one in each] for each in kinds.values()])
    return [_comparison(kind, each, by, one) for (kind, each), one in zip(kinds.items(), aged, strict=True)]


async def _aged(sources: Sources, groups: Sequence[Sequence[int]]) -> list[TypicalAtAge]:
    """Look up what is typical at equal age, where history is at hand; a live answer does not wait for a database."""
    unknown = [TypicalAtAge() for _ in groups]
    if not sources.store.is_open:
        return unknown
    try:
        async with sources.store.reading() as ledger:
            return await at_equal_age(ledger, groups)
    except (StoreDown, BadSetup):
        return unknown


async def _see(sources: Sources, post_id: int) -> MediaNow:
    seen = await see_post(sources, post_id)
    if not seen.media:
        raise NotFound(f"Civitai lists no media for post {post_id}.", hint=ABSENT)
    return seen


@dataclass(frozen=True, slots=True)
class TopMediaOptions:
    """What to rank by, which type alone (None: all), how many to name, and on which site they are shown."""

    by: RankBy
    type: str | None
    limit: int
    site: str


def _answer(
    seen: Sequence[MediaNow], failed: list[FailedPost], by_type: list[TypeComparison], options: TopMediaOptions
) -> TopMedia:
    every = [one for each in seen for one in each.media]
    wanted = [one for one in every if options.type is None or one.type == options.type]
    ranked = _ranked(wanted, options)
    summary = _summary(ranked, wanted, by=options.by, posts=len(seen), type_=options.type, failed=len(failed))
    compares = bool(ranked) and options.type is None and len(by_type) > 1
    return TopMedia(
        summary=f"{summary[:-1]}; {told_apart({one.type: one for one in by_type})}." if compares else summary,
        as_of=utc(oldest(each.as_of for each in seen)),
        notes=[*dict.fromkeys(note for each in seen for note in each.notes), *doubts_of_types(by_type)],
        by=options.by,
        compared=len(ranked),
        left_out=max(0, len(ranked) - options.limit),
        top=ranked[: options.limit],
        by_type=by_type,
        failed=failed,
    )


def doubts_of_types(by_type: Sequence[TypeComparison]) -> list[str]:
    """Say where types are compared at different ages, and what of their ages is not known."""
    is_mixed = len(by_type) > 1 and any(one.median is None for one in by_type)
    return [*([AGES_DIFFER] if is_mixed else []), *doubts_of(by_type)]


def _ranked(media: Sequence[Media], options: TopMediaOptions) -> list[RankedMedia]:
    known = [(MEASURES[options.by](one.counters), one) for one in media if one.counters is not None]
    known.sort(key=lambda pair: (-pair[0], pair[1].id))
    return ranked_media(known, options.site)


def ranked_media(known: Sequence[tuple[int, Media | ObservedMedia]], site: str) -> list[RankedMedia]:
    """Give their ranks to media in order, most first."""
    values = [value for value, _ in known]
    return [_ranked_media(one, value, values.index(value) + 1, site) for value, one in known]


def _ranked_media(one: Media | ObservedMedia, value: int, rank: int, site: str) -> RankedMedia:
    counted = stats(one.counters)
    assert counted is not None  # noqa: S101 # only media with known counters are ranked
    titled = {"title": title} if (title := clean(getattr(one, "title", None), 60)) else {}
    return RankedMedia(
        **titled,
        rank=rank,
        value=value,
        civitai_image_id=str(one.id),
        url=image_url(one.id, site=site),
        post_id=None if one.post_id is None else str(one.post_id),
        type=str(one.type),
        username=clean(one.username, 60),
        engagement_stats=counted,
        asset_url=one.url,
    )


def _comparison(kind: str, media: Sequence[Media], by: RankBy, typical: TypicalAtAge) -> TypeComparison:
    known = [one.counters for one in media if one.counters is not None]
    return type_comparison(ObservedKind(kind, len(media), len(known), 0, summed(known), ()), by, typical)


def type_comparison(kind: ObservedKind, by: RankBy, typical: TypicalAtAge) -> TypeComparison:
    """Tell what media of one type have in sum, on average, and typically at equal age."""

    def mean(measure: Callable[[Counters], int]) -> float | None:
        return round(measure(kind.counters) / kind.known, 2) if kind.counters and kind.known else None

    return TypeComparison(
        type=kind.type,
        media=kind.media,
        known=kind.known,
        stats=stats(kind.counters),
        mean_value=mean(MEASURES[by]),
        mean_reactions=mean(lambda counters: counters.reactions),
        mean_comments=mean(lambda counters: counters.comment),
        **typical.model_dump(),
    )


def _summary(
    ranked: Sequence[RankedMedia], wanted: Sequence[Media], *, by: RankBy, posts: int, type_: str | None, failed: int
) -> str:
    where = count(posts, "post") + (f" ({failed} more could not be read)" if failed else "")
    if not wanted:
        return f"{where} hold{'s' if posts == 1 else ''} no {type_ or 'media'}."
    if not ranked:
        return f"The counters of all {count(len(wanted), 'media', 'media')} in {where} are unknown right now."
    return (
        f"Of {count(len(ranked), type_ or 'media', f'{type_}s' if type_ else 'media')} in {where}, {lead(ranked, by)}."
    )


def lead(ranked: Sequence[RankedMedia], by: RankBy) -> str:
    """Say which leads, by what."""
    best, what = ranked[0], by.replace("_", " ")
    first = sum(one.rank == 1 for one in ranked)
    if not best.value:
        return f"none has any {'reactions or comments' if by is RankBy.TOTAL else what.replace('and', 'or')} yet"
    if first > 1:
        return f"{first} share the lead by {what} with {best.value:,} each"
    return f"{best.type} {best.civitai_image_id} leads by {what} with {best.value:,}"
