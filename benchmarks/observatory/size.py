"""What sixty snapshots take on disk, of which each changes one media in twenty: ours, and one row for each."""

from dataclasses import dataclass

from benchmarks.observatory.figures import Figure
from benchmarks.observatory.pages import first_snapshot, moved, observed
from benchmarks.observatory.stage import ROUND, Stage, queries, staged

SNAPSHOTS = 60
CHANGED = 0.05
AIM = 14
NAME = "a table of one row per media and snapshot, times the history"


@dataclass(frozen=True, slots=True)
class Bytes:
    """What is on disk for each media and snapshot."""

    history: float
    plain: float
    tracking: float

    @property
    def figures(self) -> list[Figure]:
        detail = f"{self.plain:.1f} bytes a media and snapshot against {self.history:.1f}"
        tracked = f"{self.tracking:.1f} bytes more"
        whole = self.plain / (self.history + self.tracking)
        return [
            Figure(NAME, self.plain / self.history, "x", AIM, at_least=True, detail=detail),
            Figure("the same, the tracking (one row per media) counted in", whole, "x", detail=tracked),
        ]


async def measure(images: int) -> list[Figure]:
    """Observe the snapshots one after another, and write each into a plain table too."""
    async with staged() as stage:
        await stage.describe(images)
        await stage.run(queries("stage")["plain"].sql, queries("stage")["plain_index"].sql)
        await _observe(stage, images)
        await stage.run("vacuum")
        async with stage.alone() as connection:
            held = await queries("stage")["bytes"].all(connection)
    return Bytes(*(size / (images * SNAPSHOTS) for size in held[0])).figures


async def _observe(stage: Stage, images: int) -> None:
    snapshot = first_snapshot(images)
    for seed in range(SNAPSHOTS):
        await observed(stage, snapshot)
        async with stage.alone() as connection:
            await queries("stage")["plain_snapshot"].run(connection, at=stage.clock.now())
        snapshot = moved(snapshot, CHANGED, seed)
        stage.clock.advance(ROUND)
