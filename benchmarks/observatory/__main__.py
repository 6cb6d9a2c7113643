"""`python -m benchmarks.observatory` prints the table and writes it into `docs/performance.md`; `--quick` only shows
that it works, and writes no page."""

import argparse
import asyncio
import gc
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from benchmarks.observatory import choice, ledger, pages, reads, requests, size, tools
from benchmarks.observatory.figures import Figure, Findings, filled
from benchmarks.observatory.stage import staged
from benchmarks.run import machine
from civitai_engagement.speed import GARBAGE_AFTER, fast_loop

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
RESULTS = Path(__file__).with_name("results.json")
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Scale:
    """How much of everything."""

    images: int
    rounds: int
    sized: int
    creators: int
    posts: int
    calls: int
    tracked: int


FULL = Scale(images=100_000, rounds=5, sized=10_000, creators=2000, posts=ledger.POSTS, calls=30, tracked=1_000_000)
QUICK = Scale(images=400, rounds=1, sized=400, creators=30, posts=300, calls=1, tracked=2000)


async def measure(scale: Scale, say: Say) -> Findings:
    """Measure everything, one thing after another."""
    found = machine()
    say(f"observing {scale.images:,} media page by page")
    figures = await pages.measure(scale.images, scale.rounds)
    say("requests")
    figures += [*requests.planned(scale.creators), await requests.counted()]
    say(f"bytes of {size.SNAPSHOTS} snapshots")
    figures += await size.measure(scale.sized)
    say(f"choosing among {scale.tracked:,} media")
    figures += await choice.measure(scale.tracked)
    async with staged() as stage:
        say("filling a ledger")
        held = await ledger.fill(stage, scale.posts)
        detail = f"{held.media:,} media, {held.rows:,} rows of history"
        figures.append(Figure("observations in the ledger read below", held.observations, detail=detail))
        say("reading from it")
        figures += await reads.measure(stage, 2 * scale.calls)
        say("asking the tools about it")
        return Findings(found, figures, await tools.measure(stage, scale.calls))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.observatory", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="tiny data and few calls: does it run at all?")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the JSON goes")
    given = parser.parse_args()
    gc.set_threshold(*GARBAGE_AFTER)  # this, and the loop, as `serve` has them
    began = perf_counter()
    with asyncio.Runner(loop_factory=fast_loop()) as runner:
        findings = runner.run(measure(QUICK if given.quick else FULL, _teller(began)))
    print(findings.as_text())
    findings.write(given.out)
    if not given.quick:
        PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), findings.as_text()), encoding="utf-8")


def _teller(began: float) -> Say:
    return lambda text: print(f"... {perf_counter() - began:4.0f} s: {text}", file=sys.stderr)


if __name__ == "__main__":
    main()
