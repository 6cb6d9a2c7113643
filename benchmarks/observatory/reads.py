"""What is read of a history of twelve million observations, beside an empty question on the same connection."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from statistics import median
from time import perf_counter

from benchmarks.observatory.figures import Figure
from benchmarks.observatory.ledger import DAYS
from benchmarks.observatory.stage import Stage, queries
from civitai_engagement.records.curves import Of, Scope
from civitai_engagement.records.filters import Subject

CALLS = 100
MOVERS = 100
CURVE_AIM_MS, MOVERS_AIM_MS = 5, 120
Ask = Callable[[], Awaitable[object]]


async def measure(stage: Stage, calls: int = CALLS) -> list[Figure]:
    """Ask everything twice, and time the second time."""
    now = stage.clock.now()
    async with stage.store.reading() as ledger:
        connection = ledger._connection
        some = await queries("reads")["some"].all(connection, count=calls)

        def curve(subject: Subject) -> Ask:
            return lambda: ledger.history.tracks(subject, now - timedelta(days=DAYS), now)

        def movers() -> Awaitable[object]:
            return ledger.curves.gained(Scope(), now - timedelta(days=1), now, of=Of.IMAGES, limit=MOVERS)

        empty = await middle_ms([lambda: connection.fetchval("select 1")] * calls)
        images = await middle_ms([curve(Subject(image_id=row["id"])) for row in some])
        posts = await middle_ms([curve(Subject(post_id=row["post_id"])) for row in some])
        top = await middle_ms([movers] * min(calls, 20))
    return [
        _figure("one image's curve", images, empty, CURVE_AIM_MS),
        _figure("one post's curve", posts, empty, CURVE_AIM_MS),
        _figure(f"top {MOVERS} movers of 24 h", top, empty, MOVERS_AIM_MS),
    ]


async def middle_ms(asks: Sequence[Ask]) -> float:
    """Ask everything once, then time each."""
    for ask in asks:
        await ask()
    return median([await _ms(ask) for ask in asks])


async def _ms(ask: Ask) -> float:
    started = perf_counter()
    await ask()
    return 1000 * (perf_counter() - started)


def _figure(name: str, ms: float, empty: float, aim: float) -> Figure:
    return Figure(name, ms, "ms", aim, detail=f"{ms / empty:.1f} times `select 1` ({empty:.2f} ms)")
