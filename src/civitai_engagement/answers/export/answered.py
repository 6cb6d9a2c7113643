"""The rows of an answer as a table of typed columns, to take elsewhere."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import singledispatch
from typing import Any

from civitai_engagement.analysis.baseline import FEWEST
from civitai_engagement.answers.answer import Answer
from civitai_engagement.answers.export.column import Column, ColumnType
from civitai_engagement.answers.export.columns import ANSWERED
from civitai_engagement.answers.export.formats import Row
from civitai_engagement.answers.export.subjects import ExportedAnswer
from civitai_engagement.answers.insight.compared_posts import NEVER, ComparedPosts
from civitai_engagement.answers.insight.equal_age import AT
from civitai_engagement.answers.insight.made_of import ShareRow
from civitai_engagement.answers.insight.movers_shape import TopMovers
from civitai_engagement.answers.insight.peak_hours import PeakHours
from civitai_engagement.answers.insight.periods import PeriodRow
from civitai_engagement.answers.insight.rating_shape import PostRating
from civitai_engagement.answers.insight.summary_shape import CreatorSummary
from civitai_engagement.answers.insight.unusual_shape import UnusualThings
from civitai_engagement.answers.now.media import Totals
from civitai_engagement.answers.recorded.audit_shape import LibraryAudit
from civitai_engagement.answers.why.model_comparison import ModelComparison
from civitai_engagement.answers.why.parameter_effects import ParameterEffects
from civitai_engagement.answers.why.studied_media import StudiedCounts


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of an answer, under typed columns; None in a row is unknown.

    >>> sheet(await top_movers(sources, Scope(), MoverOptions())).rows
    """

    columns: Sequence[Column]
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Fact:
    """One number of a summary, its interval and what it was found from; `remark` says why it is unknown."""

    about: str
    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    share: float | None = None
    n: int | None = None
    of: int | None = None
    start: str | None = None
    end: str | None = None
    remark: str | None = None


@singledispatch
def sheet(answer: Answer) -> Sheet:
    """Give the rows of an answer, each complete alone: what the answer says once stands in every row."""
    raise NotImplementedError(f"{type(answer).__name__} has no rows to export")


@sheet.register
def _movers(answer: TopMovers) -> Sheet:
    rows = ({**one.sheet_row(), "window": answer.window} for one in answer.movers)
    return _sheet(answer, ExportedAnswer.MOVERS, rows)


@sheet.register
def _unusual(answer: UnusualThings) -> Sheet:
    found = [one.model_dump() for one in answer.findings]
    unknown = dict.fromkeys(("id", "creator", "start", "end", "value", "expected", "times"))
    unjudged = [
        {**unknown, "kind": "not judged", "n": one.n, "evidence": f"{one.what}: {one.reason}"}
        for one in answer.not_judged
    ]
    return _sheet(answer, ExportedAnswer.UNUSUAL, [*found, *unjudged])


@sheet.register
def _audit(answer: LibraryAudit) -> Sheet:
    return _sheet(answer, ExportedAnswer.AUDIT, (one.model_dump(mode="json") for one in answer.posts))


@sheet.register
def _rating(answer: PostRating) -> Sheet:
    whose = {"post": answer.post, "creator": answer.creator}
    return _sheet(answer, ExportedAnswer.RATE, ({**whose, **one.model_dump()} for one in answer.by_age))


@sheet.register
def _comparison(answer: ComparedPosts) -> Sheet:
    rows = (
        {
            **one.model_dump(),
            "age": age,
            "count": count,
            "not_observed": one.not_observed.get(age) or one.not_observed.get(NEVER),
            **_named(one.half_life, "half_life_hours", "half_life_low", "half_life_high"),
        }
        for one in answer.compared
        for age, count in zip(answer.ages, one.counts, strict=True)
    )
    return _sheet(answer, ExportedAnswer.COMPARE, rows)


@sheet.register
def _hours(answer: PeakHours) -> Sheet:
    verdicts = {
        f"{name}_{what}": value
        for name, found in (("arrivals", answer.arrivals), ("posting", answer.posting))
        for what, value in (("n", found.n), ("chance", found.chance))
    }
    rows = (
        {
            **verdicts,
            "time_zone": answer.time_zone,
            "hour": one.hour,
            **_named(one.arrivals, "arrivals", "arrivals_low", "arrivals_high"),
            **_named(one.posting, "posting", "posting_low", "posting_high"),
        }
        for one in answer.hours
    )
    return _sheet(answer, ExportedAnswer.HOURS, rows)


@sheet.register
def _summary(answer: CreatorSummary) -> Sheet:
    facts = [
        *_totals(answer.totals),
        *(Fact("reaction mix", name, None, share=share) for name, share in (answer.reaction_mix or {}).items()),
        *_posts(answer),
        *(fact for one in answer.by_type for fact in _share("type", one)),
        *(fact for one in answer.by_base_model for fact in _share("base model", one)),
        *(_period(name, one) for name, one in (("this", answer.period), ("before", answer.previous)) if one),
        _change(answer),
    ]
    return _sheet(answer, ExportedAnswer.SUMMARY, ({"creator": answer.creator, **asdict(one)} for one in facts))


@sheet.register
def _effects(answer: ParameterEffects) -> Sheet:
    rows = (
        {
            **one.model_dump(),
            **_named(one.posts, "posts_with", "posts_without"),
            **_named(one.others, "others", "others_low", "others_high"),
            **_named(one.together, "together", "together_low", "together_high"),
            **_asked(answer.of),
        }
        for one in answer.rows
    )
    return _sheet(answer, ExportedAnswer.EFFECTS, rows)


@sheet.register
def _models(answer: ModelComparison) -> Sheet:
    rows = (
        {**one.model_dump(), **_named(one.others, "others", "others_low", "others_high"), **_asked(answer.of)}
        for one in answer.rows
    )
    return _sheet(answer, ExportedAnswer.MODELS, rows)


def _asked(of: StudiedCounts) -> dict[str, str | None]:
    return {"creator": of.creator, "at_age": of.at_age}


def _totals(one: Totals) -> list[Fact]:
    counted = {} if one.stats is None else asdict(one.stats)
    return [
        Fact("total", name, value, n=one.known, of=one.media)
        for name, value in {"reactions": one.reactions, **counted}.items()
    ]


def _posts(answer: CreatorSummary) -> list[Fact]:
    typical, best, why = answer.typical, answer.best, answer.undefined
    return [
        Fact("typical post", AT, typical.median, typical.low, typical.high, n=typical.n)
        if typical
        else Fact("typical post", AT, None, remark=why.get("typical")),
        *([Fact("best post", best.post, best.count)] if best else []),
        Fact("top tenth", "posts", None, share=answer.top_tenth_share, remark=why.get("top_tenth_share")),
    ]


def _share(about: str, one: ShareRow) -> list[Fact]:
    few = f"under {FEWEST} observed then" if one.median is None else None
    looked = one.of_newest or one.media
    return [
        Fact(about, one.name, one.total, share=one.share, n=one.known, of=one.media),
        Fact(f"{about} at {AT}", one.name, one.median, one.low, one.high, n=one.n, of=looked, remark=few),
    ]


def _period(name: str, one: PeriodRow) -> Fact:
    throughout = f"{one.whole} observed throughout"
    return Fact("period", name, one.gain, n=one.seen, of=one.of, start=one.start, end=one.end, remark=throughout)


def _change(answer: CreatorSummary) -> Fact:
    low, high = answer.change_interval or (None, None)
    why = answer.undefined.get("change_percent") or answer.undefined.get("change_interval")
    return Fact("change", "percent", answer.change_percent, low, high, remark=why)


def _named(figure: Sequence[float | None] | None, *names: str) -> dict[str, float | None]:
    return dict(zip(names, figure or [None] * len(names), strict=True))


def _sheet(answer: Answer, what: ExportedAnswer, rows: Iterable[Mapping[str, Any]]) -> Sheet:
    columns = ANSWERED[what]
    known = ({**row, "as_of": answer.as_of} for row in rows)
    return Sheet(columns, [tuple(_value(column, row) for column in columns) for row in known])


def _value(column: Column, row: Mapping[str, Any]) -> Any:
    value = row[column.name.removesuffix("_utc")]
    return _instant(value) if column.holds is ColumnType.INSTANT else value


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
