"""Measure two servers in turns, and compare round by round: what disturbs the machine disturbs both."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter

from benchmarks.cases import Arguments
from benchmarks.processes import Served

IN_FLIGHT = 16


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured."""

    warm: int
    rounds: int
    sequential: int
    concurrent: int
    starts: int
    rest_seconds: float


@dataclass(frozen=True, slots=True)
class Stint:
    """Some calls of one server: how long each took, all together, what CPU its process used, the biggest answer."""

    latencies: Sequence[float]
    wall: float
    cpu: float
    size: int

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.wall


@dataclass(frozen=True, slots=True)
class Side:
    """One server over all rounds: ms a call (middle and 95th percentile), calls a second, ms of CPU a call, bytes."""

    p50_ms: float
    p95_ms: float
    rate: float
    cpu_ms: float
    size: int

    @classmethod
    def of(cls, stints: Sequence[Stint]) -> "Side":
        every = [one for stint in stints for one in stint.latencies]
        return cls(
            p50_ms=1000 * median(every),
            p95_ms=1000 * quantiles(every, n=20)[-1],
            rate=median(one.rate for one in stints),
            cpu_ms=1000 * sum(one.cpu for one in stints) / len(every),
            size=max(one.size for one in stints),
        )


@dataclass(frozen=True, slots=True)
class Ratio:
    """Ours over bare: the median of the rounds, and their quartiles.

    >>> Ratio.of([1.0, 2.0, 3.0]).median
    2.0
    """

    median: float
    lower: float
    upper: float

    @classmethod
    def of(cls, ratios: Sequence[float]) -> "Ratio":
        several = ratios if len(ratios) > 1 else [*ratios, *ratios]  # older Pythons know no quantiles of one
        lower, middle, upper = quantiles(several, n=4, method="inclusive")
        return cls(middle, lower, upper)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both servers at one call, and our time as a multiple of the bare one's: by wall clock and by CPU."""

    ours: Side
    bare: Side
    wall: Ratio
    cpu: float

    @classmethod
    def of(cls, pairs: Sequence[tuple[Stint, Stint]]) -> "Comparison":
        ours, bare = Side.of([pair[0] for pair in pairs]), Side.of([pair[1] for pair in pairs])
        wall = Ratio.of([one.wall / other.wall for one, other in pairs])
        return cls(ours, bare, wall, ours.cpu_ms / bare.cpu_ms if bare.cpu_ms else float("nan"))


Params = Callable[[int], Arguments]


async def stint(server: Served, params: Params, *, calls: int, in_flight: int, first: int = 0) -> Stint:
    """Call a tool so many times, keeping so many calls under way."""
    numbers = iter(range(first, first + calls))
    latencies: list[float] = []
    sizes: list[int] = []

    async def caller() -> None:
        for number in numbers:
            asked = perf_counter()
            body = await server.wire.ask("tools/call", params(number))
            latencies.append(perf_counter() - asked)
            if b'"isError":true' in body:
                raise RuntimeError(f"the server answered {body[:500]!r}")
            sizes.append(len(body))

    used, began = server.cpu_seconds(), perf_counter()
    await asyncio.gather(*(caller() for _ in range(in_flight)))
    return Stint(latencies, perf_counter() - began, server.cpu_seconds() - used, max(sizes))


async def compare(
    ours: tuple[Served, Params], bare: tuple[Served, Params], *, rounds: int, calls: int, in_flight: int
) -> Comparison:
    """Let the servers take turns, the first changing from round to round; a first round warms up and is forgotten."""
    pairs = []
    for number in range(rounds + 1):
        done = {}
        for server, params in (ours, bare) if number % 2 else (bare, ours):
            done[server] = await stint(server, params, calls=calls, in_flight=in_flight, first=number * calls)
        pairs.append((done[ours[0]], done[bare[0]]))
    return Comparison.of(pairs[1:])
