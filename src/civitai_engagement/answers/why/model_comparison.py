"""The answer of `compare_models`: base models, checkpoints or LoRAs beside each other, creator by creator."""

import asyncio
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from civitai_engagement.answers.answer import Answer, clean, count, figures, oldest, row, three_figures, utc
from civitai_engagement.answers.why.effect_rows import named, triple
from civitai_engagement.answers.why.effect_words import going
from civitai_engagement.answers.why.studied_media import (
    MODELS,
    MadeQuestion,
    StudiedCounts,
    StudiedMedia,
    modelling,
    others_of,
    read_notes,
    studied,
)
from civitai_engagement.records.findings import NAMING, FoundModel, FoundModels, FoundPair, ModelKind
from civitai_engagement.sources import Sources

THINGS = {
    ModelKind.BASE: ("base model", "base models"),
    ModelKind.CHECKPOINT: ("checkpoint", "checkpoints"),
    ModelKind.LORA: ("LoRA", "LoRAs"),
}
MOST_SPOKEN = 3
COMPARED = (
    "The ratio sets media against the same creator's others of the same 90 days, drawn in as far as it is unsure "
    "(95 %); raw is of everybody's media, and half of it is who uses the model."
)
THEME = (
    "A model is chosen for a theme: compared is what people make with it, and nothing says that it brings reactions."
)
HEAD = "model|times|from|to|verdict|raw|media|posts|creators|share|lately"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelOptions(MadeQuestion):
    """Which models are asked about: all of a kind, or those named, also two by two."""

    kind: ModelKind = ModelKind.BASE
    names: tuple[str, ...] = ()


class ModelRow(BaseModel):
    """One model: its media have `ratio` times what the same creators' others have (95 % `low` to `high`), drawn in.

    `raw` is the naive ratio. It is used by `share` of all media, and by `lately` of those of the last thirty days.
    `others` is ratio, low and high of other creators' media.
    """

    name: str
    verdict: str
    media: int
    posts: int
    creators: int
    share: float
    lately: float | None = None
    raw: float | None = None
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    others: list[float] | None = None

    def line(self, *, is_beside: bool) -> str:
        estimate = (self.ratio, self.low, self.high, self.verdict, self.raw)
        used = (self.media, self.posts, self.creators, *map(_percent, (self.share, self.lately)))
        beside = (self.others or (None,) * 3) if is_beside else ()
        return row(*("-" if one is None else one for one in (self.name, *estimate, *used, *beside)))


def _sure(chance: float) -> str:
    return "more than 99 %" if chance > 0.99 else f"{chance * 100:.0f} %"


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{share * 100:.0f} %"


class ModelComparison(Answer):
    """`rows` are models by their number of media. `pairs` are [one, other, chance that one does better]."""

    of: StudiedCounts
    rows: list[ModelRow]
    pairs: list[tuple[str, str, float]]
    not_shown: dict[str, int]

    def _lines(self) -> list[str]:
        is_beside = self.of.others is not None
        rows = [one.line(is_beside=is_beside) for one in self.rows]
        pairs = [f"{one} does better than {other}: {_sure(chance)} sure" for one, other, chance in self.pairs]
        rest = [f"not shown: {', '.join(f'{n} {what}' for what, n in self.not_shown.items())}"]
        head = f"{HEAD}|others|from|to" if is_beside else HEAD
        return [*([head] if rows else []), *rows, *pairs, *(rest if self.not_shown else [])]


async def model_comparison(sources: Sources, question: ModelOptions) -> ModelComparison:
    """Compare models.

    Raises:
        BadSetup: What computes it is not installed.
        BadInput: The media asked about were all found by their success.
        NotFound: Nothing of the creator is stored.
        StoreDown: The database is not reachable, or still starting.
    """
    modelling()
    own = await studied(sources, question.scope(), question.hours, MODELS)
    others = await others_of(sources, own, MODELS)
    return await asyncio.to_thread(answer_of, question, own, others)


def answer_of(question: ModelOptions, own: StudiedMedia, others: StudiedMedia | None) -> ModelComparison:
    """Answer from media that were read; the models are asked here."""
    found = own.models(question.kind, question.names)
    beside = others.models(question.kind, question.names) if others else None
    theirs = {one.name: one for one in beside.rows} if beside else {}
    asked = [one for one in found.rows if _is_asked(question, one)]
    shown = sorted(asked, key=_rank)[: question.limit]
    rest = Counter(one.verdict.value for one in asked if one not in shown)
    whose = clean(question.creator or "All", 60)
    return ModelComparison(
        summary=_summary(question, found, asked),
        as_of=utc(oldest(one.as_of for one in (own, others) if one)),
        notes=[*_doubts(question, found), *read_notes(own, whose), *(read_notes(others, "Others") if others else ())],
        of=own.counts(found, others.counts(beside) if others and beside else None),
        rows=[_row(one, theirs) for one in shown],
        pairs=[_pair(one) for one in found.pairs] if question.names else [],
        not_shown=dict(rest.most_common()),
    )


def _is_asked(question: ModelOptions, one: FoundModel) -> bool:
    return not question.names or any(name.lower() in one.name.lower() for name in question.names)


def _rank(one: FoundModel) -> tuple[bool, int]:
    return (one.ratio is None, -one.media)


def _row(one: FoundModel, theirs: Mapping[str, FoundModel]) -> ModelRow:
    told = {name: three_figures(getattr(one, name)) for name in ("raw", "ratio", "low", "high", "share", "lately")}
    known = {name: value for name, value in told.items() if value is not None}
    others = triple(theirs.get(one.name))
    return ModelRow(
        name=named(one.name),
        verdict=one.verdict.value,
        media=one.media,
        posts=one.posts,
        creators=one.creators,
        **known,
        **({"others": list(others)} if others else {}),
    )


def _pair(one: FoundPair) -> tuple[str, str, float]:
    if one.chance >= 0.5:
        return named(one.one), named(one.other), round(one.chance, 3)
    return named(one.other), named(one.one), round(1 - one.chance, 3)


def _summary(question: ModelOptions, found: FoundModels, asked: Sequence[FoundModel]) -> str:
    whose = f"{clean(question.creator, 60)}'s " if question.creator else ""
    of = f"{whose}{count(found.posts, 'post')}" + ("" if whose else f" by {count(found.creators, 'creator')}")
    things = count(len(asked), *THINGS[question.kind])
    told = [one for one in asked if one.ratio is not None]
    sure = sorted((one for one in told if one.verdict in NAMING), key=lambda one: -abs(math.log(one.ratio or 1)))
    if not told:
        return f"In {of}, {things} and none with enough media beside the same creators' others to compare."
    if not sure:
        return f"None of {things} in {of} can be told from the others{_difference(found)}."
    rest = len(told) - len(sure)
    left = f"; {rest} of {len(told)} compared cannot be told from the others" if rest else ""
    return f"Of {things} in {of}, {_spoken(sure)} than the same creators' other media{left}."


def _difference(found: FoundModels) -> str:
    return "" if found.spread is None else f"; they differ by about x{figures(math.exp(found.spread))}"


def _spoken(sure: Sequence[FoundModel]) -> str:
    told = {
        verdict: [
            f"{named(one.name)} x{figures(one.ratio or 0)} ({figures(one.low or 0)} to {figures(one.high or 0)})"
            for one in sure[:MOST_SPOKEN]
            if one.verdict is verdict
        ]
        for verdict in NAMING
    }
    return going(*told.values(), left=max(len(sure) - MOST_SPOKEN, 0))


def _doubts(question: ModelOptions, found: FoundModels) -> Iterator[str]:
    yield COMPARED
    yield THEME
    one, many = THINGS[question.kind]
    if found.rare:
        yield f"{count(found.rare, one, many)} used by fewer than 20 media: not listed."
    if found.untold:
        yield f"Of {count(found.untold, 'media', 'media')} it is not known which {one} they used: left out."
    known = [each.name.lower() for each in found.rows]
    if unknown := [name for name in question.names if not any(name.lower() in each for each in known)]:
        yield f"Not used by enough media to say anything: {clean(', '.join(unknown), 120)}."
