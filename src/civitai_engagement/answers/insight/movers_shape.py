"""What is told of a mover, and which movers may be asked for."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from civitai_engagement.analysis.curves import HOUR, spoken_age
from civitai_engagement.analysis.movers import By
from civitai_engagement.answers.answer import Answer, clean, figures, three_figures
from civitai_engagement.answers.columns import ColumnRow, Form, column
from civitai_engagement.answers.export.column import Column, ColumnType
from civitai_engagement.answers.insight.mover_measured import MeasuredMover
from civitai_engagement.records.curves import Of

GAINED = "reactions and comments gained between the observations next to the ends"
OWN_ENDS = {"own_low": "where its 95 % interval begins", "own_high": "where it ends"}


def _creator(one: MeasuredMover) -> str | None:
    return clean(one.brief.username, 60)


def _hours_old(one: MeasuredMover) -> float:
    return three_figures(one.age / HOUR)


def _interval_of(one: MeasuredMover) -> list[float | None] | None:
    return [three_figures(one.rating.low), three_figures(one.rating.high)] if one.rating else None


def _own_text(one: "Mover") -> str:
    return "-" if one.times_own is None or not one.own_interval else f"{figures(one.times_own)} ({_own_interval(one)})"


def _own_interval(one: "Mover") -> str:
    low, high = ("?" if end is None else figures(end) for end in one.own_interval or ())
    return f"{low} to {high}, {one.own_n}"


def _own_cell(one: "Mover") -> str:
    low, high = ("?" if end is None else f"{end:,.10g}" for end in one.own_interval or (None, None))
    return "" if one.own_interval is None else f"{low} to {high} ({one.own_n})"


def _age(one: "Mover") -> str:
    return spoken_age(one.age_hours * HOUR)


REMARK = Form("remark", lambda one: one.remark or "")


class Mover(ColumnRow):
    """One post or image and what it gained (reactions and comments) in the window, over the `hours` observed of it.

    `per_hour` is null where less than half an hour was observed.

    `times_expected` is against what is usual from its age on; `times_own` against the median of `own_n` others of its
    creator between the same ages, with its 95 % interval `own_interval`. null: not known.
    """

    id: Annotated[str, column("the post or image on Civitai", lambda one: str(one.brief.id), "id")]
    creator: Annotated[str | None, column("the creator on Civitai", _creator, "creator")]
    age_hours: Annotated[
        float,
        column("its age", _hours_old, text=Form("age", _age), table=Form("age (h)")),
    ]
    gain: Annotated[int, column(GAINED, lambda one: one.gain.amount, "gain")]
    hours: Annotated[float, column("the hours between them", lambda one: three_figures(one.gain.hours), "hours")]
    per_hour: Annotated[float | None, column("gain an hour", lambda one: three_figures(one.gain.per_hour), "per hour")]
    times_expected: Annotated[
        float | None,
        column("against what is usual from its age on", lambda one: three_figures(one.times_expected), "x expected"),
    ]
    times_own: Annotated[
        float | None,
        column(
            "against the median of others of its creator between the same ages",
            lambda one: three_figures(one.rating.ratio if one.rating else None),
            text=Form("x own usual (95 %, n)", _own_text),
            table=Form("x own usual"),
        ),
    ]
    own_interval: Annotated[
        list[float | None] | None,
        column("its 95 % interval", _interval_of, table=Form("95 % (n)", _own_cell), parts=OWN_ENDS),
    ]
    own_n: Annotated[int | None, column("how many others it rests on", lambda one: one.own_n)]
    remark: Annotated[
        str | None, column("what makes the gain less sure", lambda one: one.remark, text=REMARK, table=REMARK)
    ]


class TopMovers(Answer):
    """Movers, greatest first; `moved` is how many gained at all, `left_out` how many of those ranked are not told."""

    window: str
    by: str
    moved: int
    left_out: int
    movers: list[Mover]

    def _lines(self) -> list[str]:
        left = [f"({self.left_out} more are ranked: ask with a larger limit)"] if self.left_out else []
        return [Mover.text_head(), *(one.text_line() for one in self.movers), *left] if self.movers else []

    @classmethod
    def sheet_columns(cls) -> list[Column]:
        """Give the columns of its rows; the window it was asked about stands in each."""
        who, creator, *rest = Mover.sheet_columns()
        return [who, creator, Column("window", ColumnType.TEXT, "the time that was asked about"), *rest]


@dataclass(frozen=True, slots=True)
class MoverOptions:
    """Which movers are wanted."""

    window: timedelta = timedelta(hours=24)
    of: Of = Of.POSTS
    by: By = By.GAIN
    limit: int = 10

    @property
    def span(self) -> str:
        return spoken_age(self.window)
