"""The media of a scope as models take them: counts at one age, how each was made, and what is not among them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from civitai_engagement.analysis.outcomes import counted_rows
from civitai_engagement.errors import BadInput
from civitai_engagement.records.features import MadeRow
from civitai_engagement.records.made import LIVE_MEDIA, MadeCoverage, MadeScope

if TYPE_CHECKING:
    from civitai_engagement.store.ledger import Ledger


@dataclass(frozen=True, slots=True)
class MadeRows:
    """Media with a count at the age asked for; `projected` of them by how others grew, `uncounted` more without any.

    Where there are more than can be compared while somebody waits, `is_whole` is false: of a creator the newest are
    here; of everything that is followed none, as a nightly study has compared them.
    """

    rows: Sequence[MadeRow]
    projected: int
    uncounted: int
    coverage: MadeCoverage
    is_whole: bool


async def made_rows(ledger: "Ledger", scope: MadeScope, hours: float, *, limit: int = LIVE_MEDIA) -> MadeRows:
    """Read a scope, with what its media had at an age, one of `AGES`.

    Raises:
        BadInput: All its media were found by their success: among them everything matters less than it does.
    """
    coverage = await coverage_of(ledger, scope)
    if coverage.counted > limit and scope.creator is None:
        return MadeRows((), 0, 0, coverage, is_whole=False)
    found = counted_rows(await ledger.features.made(scope, limit=limit), hours)
    return MadeRows(found.rows, found.projected, found.uncounted, coverage, is_whole=coverage.counted <= limit)


async def coverage_of(ledger: "Ledger", scope: MadeScope) -> MadeCoverage:
    """Say what there is in a scope.

    Raises:
        BadInput: All of it was found by its success.
    """
    coverage = await ledger.features.coverage(scope)
    if coverage.by_success and not coverage.counted:
        raise _found_by_success(coverage.by_success)
    return coverage


def _found_by_success(media: int) -> BadInput:
    return BadInput(
        f"These {media:,} media were found because they did well, so they cannot say what makes media do well.",
        hint="Follow whoever made them (watch_creator), or set CIVITAI_ENGAGEMENT_COLLECT_SORT=Newest and wait.",
    )
