"""From media with their prompts to what phrases go with, as plain values."""

from collections.abc import Sequence
from dataclasses import replace

from civitai_engagement.modelling.asked import frame_of
from civitai_engagement.modelling.effects import OFTEN_TOLD
from civitai_engagement.modelling.patterns import Pattern, patterns
from civitai_engagement.records.features import MadeRow
from civitai_engagement.records.findings import FoundPhrase, FoundPhrases


def found_phrases(
    rows: Sequence[MadeRow], *, negative: bool = False, pairs: bool = False, told: Sequence[str] = ()
) -> FoundPhrases:
    """Say what phrases go with more reactions; those of `told` with their ratio even where it says nothing.

    >>> found_phrases(rows).named
    """
    written = [one for one in rows if _phrases(one, negative=negative)]
    frame = frame_of(written)
    controls = [one for one in frame.parameters if one.is_control and frame.known(one.name).mean() >= OFTEN_TOLD]
    phrases = [_phrases(one, negative=negative) for one in written]
    loras = [one.features.loras or () for one in written]
    found = patterns(replace(frame, parameters=tuple(controls)), phrases, loras, pairs=pairs, told=told)
    return FoundPhrases(
        rows=tuple(map(_phrase, found.rows)),
        media=found.media,
        posts=found.posts,
        creators=found.creators,
        untold=len(rows) - len(written),
        is_short=found.is_short,
        always=tuple(found.always),
    )


def _phrases(row: MadeRow, *, negative: bool) -> tuple[str, ...]:
    return row.features.negative_phrases if negative else row.features.phrases


def _phrase(one: Pattern) -> FoundPhrase:
    told = {name: getattr(one, name) for name in ("terms", "verdict", "ratio", "low", "high", "lora", "fixed", "lift")}
    counted = {"media": one.sides.media, "posts": one.sides.posts, "creators": one.sides.creators}
    return FoundPhrase.model_validate({**told, **counted, "is_pair": one.pair, "q": one.false_share})
