"""What is told of a post beside its creator's others."""

from typing import Literal

from pydantic import BaseModel

from civitai_engagement.answers.answer import Answer, row
from civitai_engagement.answers.insight.settled import SettledRating


class RatedAge(BaseModel):
    """The post at one age against `n` others of the same creator: `ratio` of its `count` to their median `typical`.

    `against` is the type of the others, or all where too few of the post's own type were observed at that age. `low`
    to `high` is the 95 % interval of the ratio; null where there are fewer than ten others, or the typical post has
    under one. `beaten` of the others had less; they came out from `since` until `until`. Where their level `moves`,
    `typical` is where it was when the post came out.
    """

    age: str
    against: str
    count: int
    n: int
    typical: float | None = None
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    beaten: int | None = None
    since: str | None = None
    until: str | None = None
    moves: bool | None = None


class PostRating(Answer):
    """`rated` is at the greatest age with enough others; `by_age` at every age the post was observed at.

    `settled` holds it against the totals of others older than seven days, and is never mixed with these; `against`
    says which of both the sentence tells: equal age where that is known.
    """

    post: str
    url: str | None = None
    creator: str | None
    against: Literal["equal age", "settled totals"] | None = None
    rated: RatedAge | None
    settled: SettledRating | None = None
    by_age: list[RatedAge]
    left_out: dict[str, int]

    def _lines(self) -> list[str]:
        head = "age|against|count|times typical|from|to|typical|others|beaten"
        settled = [_settled_line(self.settled)] if self.settled else []
        return [head, *map(_line, self.by_age), *settled] if self.by_age or settled else []


def _settled_line(one: SettledRating) -> str:
    against = f"{one.against} ({one.among})"
    return row(one.age, against, one.count, one.ratio, one.low, one.high, one.typical, one.n, one.beaten)


def _line(one: RatedAge) -> str:
    return row(one.age, one.against, one.count, one.ratio, one.low, one.high, one.typical, one.n, one.beaten)
