"""What is typical of kinds of media at one age, and which kind goes with more there."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from pydantic import BaseModel

from civitai_engagement.analysis.alike import typical_of_posts
from civitai_engagement.analysis.baseline import FEWEST
from civitai_engagement.analysis.curves import HOUR, Curve, sampled_at, spoken_age
from civitai_engagement.analysis.unknown import NotEnough, NotObserved
from civitai_engagement.answers.answer import count, figures, three_figures
from civitai_engagement.answers.insight.curves import Drawn, draw
from civitai_engagement.records.curves import Of, Scope

if TYPE_CHECKING:
    from civitai_engagement.store.ledger import Ledger

AGE = timedelta(hours=24)
AT = spoken_age(AGE)
MOST = 400
HEAD = f"n at {AT}|median|95 %"
COUNTS = "reactions and comments"
ALIKE = "Media of one post rise together: intervals allow for it, and there is none where the posts are too few."


class TypicalAtAge(BaseModel):
    """The `median` of reactions and comments at `at_age` of the `n` media observed then, with its 95 % interval.

    Under ten there is no median; where they lie in too few posts (`in_posts`), no interval. `n` is null where no
    history is at hand. `of_newest` is how many were looked at, where that is not all.
    """

    at_age: str = AT
    n: int | None = None
    in_posts: int | None = None
    of_newest: int | None = None
    median: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def cells(self) -> list[str | None]:
        """The cells of a row under `HEAD`."""
        if self.n is None:
            return [None, None, None]
        if self.median is None:
            return [f"{self._from} ({FEWEST} needed)", None, None]
        return [self._from, figures(self.median), self._between]

    @property
    def words(self) -> str:
        """The median with all that belongs to it; only where there is one."""
        between = self._between or "no interval"
        where = count(self.in_posts or 0, "post")
        return f"{figures(self.median or 0)} ({between}, from {self._from} media in {where})"

    @property
    def _from(self) -> str:
        return f"{self.n} of the newest {self.of_newest}" if self.of_newest else f"{self.n}"

    @property
    def _between(self) -> str | None:
        if self.low is None or self.high is None:
            return None
        return f"{figures(self.low)} to {figures(self.high)}"

    def is_above(self, other: "TypicalAtAge") -> bool:
        """Whether its interval lies wholly above the other's."""
        return self.low is not None and other.high is not None and self.low > other.high


async def at_equal_age(ledger: "Ledger", groups: Sequence[Sequence[int]]) -> list[TypicalAtAge]:
    """Give what is typical at 24 h of age of groups of media, each their ids, newest first.

    Only the newest 400 of each are drawn.
    """
    ids = tuple({one for group in groups for one in group[:MOST]})
    briefs = await ledger.curves.briefs(Scope(images=ids), of=Of.IMAGES, limit=max(1, len(ids)))
    drawn = await draw(ledger, briefs, of=Of.IMAGES)
    return await asyncio.to_thread(_typical, drawn, groups)


def _typical(drawn: Iterable[Drawn], groups: Sequence[Sequence[int]]) -> list[TypicalAtAge]:
    counted = {one.brief.id: (value, one.brief.post_id) for one in drawn if (value := _count(one)) is not None}
    found = ([counted[one] for one in group[:MOST] if one in counted] for group in groups)
    return [_at_age(one, MOST if len(group) > MOST else None) for one, group in zip(found, groups, strict=True)]


def _count(one: Drawn) -> float | None:
    if not isinstance(one.curve, Curve):
        return None
    value = sampled_at(one.curve.points(), AGE / HOUR)
    return None if isinstance(value, NotObserved) else value


def _at_age(found: Sequence[tuple[float, int | None]], newest: int | None) -> TypicalAtAge:
    typical = typical_of_posts(found)
    few = TypicalAtAge(n=len(found), in_posts=len({post for _, post in found}), of_newest=newest)
    if isinstance(typical, NotEnough):
        return few
    names = ("median", "low", "high")
    return few.model_copy(update={name: three_figures(getattr(typical, name)) for name in names})


def doubts_of(kinds: Iterable[TypicalAtAge]) -> list[str]:
    """Say what the intervals allow for, where one could not be given."""
    return [ALIKE] if any(one.median is not None and one.low is None for one in kinds) else []


def told_apart(kinds: Mapping[str, TypicalAtAge]) -> str:
    """Say which of several kinds goes with more at equal age, as far as their intervals lie apart."""
    known = {name: one for name, one in kinds.items() if one.median is not None}
    few = {name: one for name, one in kinds.items() if one.median is None}
    if len(known) < 2:
        return f"means by type are of different ages: {_missing(few)}"
    left = f"; {_missing(few)}" if few else ""
    return f"at {AT} of age {_ordered(known)}{left}"


def _missing(few: Mapping[str, TypicalAtAge]) -> str:
    if any(one.n is None for one in few.values()):
        return "no history is at hand"
    known = ", ".join(f"{name} {one.n}" for name, one in few.items())
    return f"too few were observed from early on to say what is typical at {AT} of age ({known}; {FEWEST} each needed)"


def _ordered(known: Mapping[str, TypicalAtAge]) -> str:
    most = max(known, key=lambda name: known[name].median or 0)
    less = [name for name, one in known.items() if known[most].is_above(one)]
    unclear = [name for name in known if name not in less and name != most]
    told = [f"{most} goes with more {COUNTS} than {_and(less)}"] if less else []
    told += [f"{_and([most, *unclear])} cannot be told apart"] if unclear else []
    return f"{', but '.join(told)}: {', '.join(f'{name} {one.words}' for name, one in known.items())}"


def _and(names: Sequence[str]) -> str:
    return " and ".join(names)
