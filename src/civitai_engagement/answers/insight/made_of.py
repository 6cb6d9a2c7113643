"""Of what types and base models a creator's engagement is made, and what is typical of each at equal age."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from civitai_engagement.analysis.baseline import FEWEST
from civitai_engagement.answers.answer import clean, figures, row, three_figures
from civitai_engagement.answers.insight.equal_age import AT, HEAD, MOST, TypicalAtAge, at_equal_age, doubts_of
from civitai_engagement.answers.now.media import summed
from civitai_engagement.records.shares import Piece, Share

if TYPE_CHECKING:
    from civitai_engagement.store.ledger import Ledger

MOST_SHARES = 8
HEAD_OF_SHARES = f"made of|media|known|total|share|mean likes|mean total|{HEAD}"


class ShareRow(TypicalAtAge):
    """One type or base model: `share` (0 to 1) of all reactions and comments known, over `known` of `media` media.

    `mean_likes` and `mean_total` (reactions and comments) are per media of these, of all ages.
    """

    name: str
    media: int
    known: int
    total: int | None
    share: float | None
    mean_likes: float | None = None
    mean_total: float | None = None

    @property
    def line(self) -> str:
        share = None if self.share is None else f"{self.share:.0%}"
        means = ["?" if mean is None else figures(mean) for mean in (self.mean_likes, self.mean_total)]
        return row(self.name, self.media, self.known, self.total, share, *means, *self.cells)


@dataclass(frozen=True, slots=True)
class MadeOf:
    """The rows by type and by base model, most engagement first."""

    by_type: list[ShareRow]
    by_base_model: list[ShareRow]

    @property
    def notes(self) -> list[str]:
        """What to doubt in them."""
        rows = [*self.by_type, *self.by_base_model]
        few = [one.name for one in rows if one.median is None]
        ages = f"Totals, shares and means by type and base model are of media of different ages; under {FEWEST} media "
        told = [f"{ages}are known at {AT} of age of: {', '.join(few)}."] if few else []
        return [*told, *doubts_of(rows)]


@dataclass(frozen=True, slots=True)
class Part:
    """What is told in one row."""

    name: str
    shares: Sequence[Share]

    def ids(self, pieces: Sequence[Piece]) -> list[int]:
        """Pick out what belongs to it."""
        kinds = {(one.type, one.base_model) for one in self.shares}
        return [one.id for one in pieces if (one.type, one.base_model) in kinds]


async def made_of(ledger: "Ledger", creator: str, shares: Sequence[Share]) -> MadeOf:
    """Say of what a creator's engagement is made."""
    types = _parts(shares, lambda share: share.type)
    models = _parts(shares, lambda share: clean(share.base_model, 60) or "(not said)")
    pieces = await ledger.shares.newest_of_creator(creator, MOST + 1)  # one more tells that there are more
    aged = await at_equal_age(ledger, [part.ids(pieces) for part in (*types, *models)])
    counters = summed(one.counters for one in shares if one.counters)
    whole = counters.total if counters else 0
    rows = [_row(part, whole, typical) for part, typical in zip((*types, *models), aged, strict=True)]
    return MadeOf(rows[: len(types)], rows[len(types) :])


def _parts(shares: Sequence[Share], name_of: Callable[[Share], str]) -> list[Part]:
    """Put shares together by name, most engagement first; the smallest are one."""
    names = dict.fromkeys(map(name_of, shares))
    parts = [Part(name, [one for one in shares if name_of(one) == name]) for name in names]
    parts.sort(key=_total, reverse=True)
    if len(parts) <= MOST_SHARES + 1:
        return parts
    rest = [share for part in parts[MOST_SHARES:] for share in part.shares]
    return [*parts[:MOST_SHARES], Part(f"({len(parts) - MOST_SHARES} others)", rest)]


def _total(part: Part) -> int:
    return sum(one.counters.total for one in part.shares if one.counters)


def _row(part: Part, whole: int, typical: TypicalAtAge) -> ShareRow:
    counters = summed(one.counters for one in part.shares if one.counters)
    known = sum(one.known for one in part.shares)
    return ShareRow(
        name=part.name,
        media=sum(one.media for one in part.shares),
        known=known,
        total=counters and counters.total,
        share=round(counters.total / whole, 3) if counters and whole else None,
        mean_likes=three_figures(counters.like / known if counters else None),
        mean_total=three_figures(counters.total / known if counters else None),
        **typical.model_dump(),
    )
