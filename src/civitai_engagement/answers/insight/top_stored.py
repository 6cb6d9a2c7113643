"""The answer of `get_top_media` over a creator or all that is followed: the best as last observed, of any period."""

from collections.abc import Sequence

from civitai_engagement.answers.answer import clean, count, oldest, utc
from civitai_engagement.answers.insight.equal_age import MOST, at_equal_age, told_apart
from civitai_engagement.answers.insight.top_media import (
    TopMediaOptions,
    doubts_of_types,
    lead,
    ranked_media,
    type_comparison,
)
from civitai_engagement.answers.insight.top_media_shape import (
    MEASURES,
    RankedMedia,
    TopMedia,
    TypeComparison,
)
from civitai_engagement.records.post_list import ObservedKind, ObservedPostFilter
from civitai_engagement.sources import Sources

STORED = "As last observed, not live; what is not followed is not ranked."


async def top_stored(sources: Sources, wanted: ObservedPostFilter, options: TopMediaOptions) -> TopMedia:
    """Rank the media of a creator, or of all that is followed, by what was observed last.

    Raises:
        StoreDown: The database is not reachable, or still starting.
    """
    async with sources.store.reading() as ledger:
        found = await ledger.post_list.media(wanted, by=options.by.value, limit=options.limit)
        kinds = await ledger.post_list.kinds(wanted, newest=MOST)
        aged = await at_equal_age(ledger, [one.newest for one in kinds])
    ranked = ranked_media([(MEASURES[options.by](one.counters), one) for one in found], options.site)
    by_type = [type_comparison(kind, options.by, one) for kind, one in zip(kinds, aged, strict=True)]
    known = sum(one.known for one in kinds)
    return TopMedia(
        summary=_summary(ranked, kinds, by_type, wanted, options),
        as_of=utc(oldest(one.as_of for one in found)),
        notes=[STORED, *doubts_of_types(by_type)],
        by=options.by,
        compared=known,
        left_out=known - len(ranked),
        top=ranked,
        by_type=by_type,
        failed=[],
    )


def _summary(
    ranked: Sequence[RankedMedia],
    kinds: Sequence[ObservedKind],
    by_type: Sequence[TypeComparison],
    wanted: ObservedPostFilter,
    options: TopMediaOptions,
) -> str:
    whose = f" of {clean(wanted.creator, 60)}" if wanted.creator else ""
    since = f" published since {wanted.since:%Y-%m-%d}" if wanted.since else ""
    if not ranked:
        return f"No media{whose}{since} with known counters is followed here."
    thing = options.type or "media"
    counted = count(sum(one.known for one in kinds), thing, f"{thing}s" if options.type else "media")
    apart = f"; {told_apart({one.type: one for one in by_type})}" if len(by_type) > 1 else ""
    return f"Of {counted}{whose}{since}, {lead(ranked, options.by)}{apart}."
