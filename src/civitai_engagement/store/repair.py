"""What a clock that was ahead left in the future, and how it is put right."""

from civitai_engagement.records.condition import InFuture, Present
from civitai_engagement.store.queries import Connection, load

WHY = "seen by a clock that was ahead"
# In this order: what is put aside is read before it is dropped, and what was seen before it is found by what is left.
STEPS = (
    *("put_aside", "outdate_features", "take_back", "first_sights", "forget_suspects", "due_again"),
    *("runs", "clamp_runs", "leader", "watches", "creators"),
)


async def in_future(connection: Connection, present: Present) -> InFuture:
    """Count what is stored as later than now."""
    [row] = await load("repair")["in_future"].all(connection, **_bounds(present))
    return InFuture(**row)


async def repair(connection: Connection, present: Present) -> None:
    """Put it right, in the transaction of the connection: what was seen then is put aside, and due to be seen again.

    When a reading really was made is not known, so none is kept as if it were; its counters stay among the rejects.
    """
    for name in STEPS:
        await load("repair")[name].run(connection, now=present.now, why=WHY, **_bounds(present))


def _bounds(present: Present) -> dict[str, object]:
    due = {"followed_due_by": present.followed_due_by, "sampled_due_by": present.sampled_due_by}
    return {"latest": present.latest, **due}
