"""The answer of `find_prompt_patterns`: phrases that go with reactions, and what these data cannot say."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel

from civitai_engagement.answers.answer import Answer, clean, count, figures, row, three_figures, utc
from civitai_engagement.answers.why.effect_rows import named
from civitai_engagement.answers.why.phrased_media import PhrasedMedia, phrased_media
from civitai_engagement.answers.why.studied_media import MadeQuestion, modelling
from civitai_engagement.errors import NotFound
from civitai_engagement.records.findings import EffectVerdict, FoundPhrase, FoundPhrases
from civitai_engagement.records.made import LIVE_MEDIA
from civitai_engagement.sources import Sources

OWN_POSTS = 150
NEEDED = 200
MOST_SPOKEN, MOST_TWINS, MOST_ALWAYS = 4, 3, 8
HEAD = "phrase|always with|times|from|to|q|verdict|posts with|without|creators|remark"
GOES_WITH = (
    "It goes with reactions; that the words bring them, nothing here says: they name a subject, too. Posts are "
    "compared with others of the same creator and the same 90 days, type, level, base model and place held equal."
)
AGREE = (
    "Named only where two tests agree: posts dealt anew by chance, and each creator left out in turn. q is over all."
)
TWINS = "Phrases that are nearly always together stand in one row: no data can part them."
PAIRS = "A pair is told beyond what each of its two goes with."


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternOptions(MadeQuestion):
    """What is asked: a creator's own words or everybody's, of prompts or negative prompts, `pairs` too."""

    negative: bool = False
    pairs: bool = False
    contains: str = ""


class PatternRow(BaseModel):
    """One phrase (or pair) with its `twins`: times the reactions of the same creator's others, 95 % `low` to `high`.

    `posts` are those with it and without, `creators` who have both. `lora` is whose trigger it seems to be. `always` so
    many creators write it nearly always: theirs say nothing of it. `lift`: so much oftener a pair meets than by chance.
    """

    phrase: str
    verdict: str
    posts: list[int]
    creators: int
    q: float
    twins: list[str] | None = None
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    lora: str | None = None
    always: int | None = None
    lift: float | None = None

    def line(self) -> str:
        remarks = [f"as LoRA {self.lora}"] if self.lora else []
        remarks += [f"always written by {count(self.always, 'creator')}"] if self.always else []
        remarks += [f"together {figures(self.lift)} times as often as by chance"] if self.lift else []
        told = ("-" if one is None else one for one in (self.ratio, self.low, self.high))
        first = (self.phrase, ", ".join(self.twins or ()), *told, self.q)
        return row(*first, self.verdict, *self.posts, self.creators, "; ".join(remarks))


class PatternCounts(BaseModel):
    """What was compared, and how many phrases were tested; `pooled`: others' posts were taken with a creator's."""

    media: int
    posts: int
    creators: int
    tested: int
    named: int
    at_age: str
    pooled: bool = False


class PromptPatterns(Answer):
    """`rows` are phrases, the surest first; `always` those that some creators write in four of five media."""

    of: PatternCounts
    rows: list[PatternRow]
    always: list[str]

    def _lines(self) -> list[str]:
        lines = [HEAD, *(one.line() for one in self.rows)] if self.rows else []
        return [*lines, f"boilerplate: {', '.join(self.always)}"] if self.always else lines


async def prompt_patterns(sources: Sources, question: PatternOptions) -> PromptPatterns:
    """Say which phrases go with reactions.

    Raises:
        BadSetup: What computes it is not installed.
        BadInput: The media asked about were all found by their success.
        NotFound: Nothing of the creator is stored.
        StoreDown: The database is not reachable, or still starting.
    """
    modelling()
    own = await phrased_media(sources, question.scope(), question.hours)
    if not own.coverage.media:
        raise _nothing(question.creator)
    pool = own
    if question.creator and own.posts < OWN_POSTS:
        pool = await phrased_media(sources, replace(question.scope(), creator=None), question.hours)
    return await asyncio.to_thread(answer_of, question, own, pool)


def _nothing(creator: str | None) -> NotFound:
    whose = f"of creator {creator} " if creator else ""
    hint = "watch_creator follows creators, yourself and others; comparing needs media at 72 h of age."
    return NotFound(f"No media {whose}is stored that this asks about.", hint=hint)


def answer_of(question: PatternOptions, own: PhrasedMedia, pool: PhrasedMedia) -> PromptPatterns:
    """Answer from media that were read; the models are asked here. Pooled, only a creator's own words are shown."""
    words = _words(question, own) if pool is not own else ()
    found: FoundPhrases = modelling().found_phrases(
        pool.found.rows, negative=question.negative, pairs=question.pairs, told=words
    )
    rows = [one for one in found.rows if _is_wanted(question, one, words)]
    return PromptPatterns(
        summary=_summary(question, own, found, rows, is_pooled=pool is not own),
        as_of=utc(pool.coverage.as_of),
        notes=list(_notes(question, pool, found)),
        of=PatternCounts(
            media=found.media,
            posts=found.posts,
            creators=found.creators,
            tested=len(found.rows),
            named=len(found.named),
            at_age=f"{question.hours} h",
            pooled=pool is not own,
        ),
        rows=[_row(one) for one in rows[: question.limit]],
        always=[f"{named(term)} ({count(creators, 'creator')})" for term, creators in found.always[:MOST_ALWAYS]],
    )


def _words(question: PatternOptions, own: PhrasedMedia) -> tuple[str, ...]:
    made = [one.features for one in own.found.rows]
    used = [one.negative_phrases if question.negative else one.phrases for one in made]
    return tuple(dict.fromkeys(term for one in used for term in one))


def _is_wanted(question: PatternOptions, one: FoundPhrase, words: Sequence[str]) -> bool:
    is_own = not words or bool(set(words) & set(one.terms))
    return is_own and any(question.contains.lower() in term for term in one.terms)


def _row(one: FoundPhrase) -> PatternRow:
    head = one.terms[:2] if one.is_pair else one.terms[:1]
    told: dict[str, Any] = {name: three_figures(getattr(one, name)) for name in ("ratio", "low", "high", "lift")}
    told |= {"lora": named(one.lora) if one.lora else None, "always": one.fixed or None}
    told |= {"twins": _twins([named(term) for term in one.terms[len(head) :]])}
    known = {name: value for name, value in told.items() if value is not None}
    counted: dict[str, Any] = {"posts": list(one.posts), "creators": one.creators, "q": max(round(one.q, 3), 0.001)}
    return PatternRow(phrase=" + ".join(map(named, head)), verdict=one.verdict.value, **counted, **known)


def _twins(names: Sequence[str]) -> list[str] | None:
    left = len(names) - MOST_TWINS
    return [*names[:MOST_TWINS], *([f"{left} more"] if left > 0 else [])] or None


def _summary(
    question: PatternOptions, own: PhrasedMedia, found: FoundPhrases, rows: Sequence[FoundPhrase], *, is_pooled: bool
) -> str:
    whose = clean(question.creator, 60) if question.creator else None
    who = f"{count(found.posts, 'post')} by {count(found.creators, 'creator')} with a known prompt"
    few = f"{whose}'s {count(own.posts, 'post')} alone are too few (from {OWN_POSTS} on). " if is_pooled else ""
    if found.is_short:
        takes = f"it takes more than 40 creators, and shows most from {NEEDED} on"
        return f"{few}{who} are too few to tell phrases apart: {takes}."
    named_ones = [one for one in rows if one.is_named]
    tested = f"{'of their own ' if is_pooled else ''}of {count(len(found.rows), 'phrase')} tested"
    if not named_ones:
        return f"{few}In {who}, none {tested} can be told from chance."
    strongest = "; ".join(map(_spoken, named_ones[:MOST_SPOKEN]))
    return f"{few}In {who}, {len(named_ones)} {tested} named: {strongest}."


def _spoken(one: FoundPhrase) -> str:
    phrase = " + ".join(map(named, one.terms[: 2 if one.is_pair else 1]))
    way = "more" if one.verdict is EffectVerdict.MORE else "less"
    return f"{phrase} x{figures(one.ratio or 0)} ({figures(one.low or 0)} to {figures(one.high or 0)}, {way})"


def _notes(question: PatternOptions, pool: PhrasedMedia, found: FoundPhrases) -> Iterator[str]:
    if not found.is_short:
        yield from (GOES_WITH, AGREE)
    if any(len(one.terms) > 1 and not one.is_pair for one in found.rows):
        yield TWINS
    if question.pairs:
        yield PAIRS
    if found.untold:
        yield f"Of {count(found.untold, 'media', 'media')} no such prompt is known."
    if pool.found.uncounted:
        yield f"Left out are {pool.found.uncounted:,} without a count at {question.hours} h of age."
    if not pool.is_whole:
        yield f"Of the newest {LIVE_MEDIA:,} of {count(pool.coverage.counted, 'media', 'media')} only."
