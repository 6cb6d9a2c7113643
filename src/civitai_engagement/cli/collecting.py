"""`collect` at a terminal: one tick with a bar and a closing table, or one after another until stopped."""

import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from rich.console import Console
from rich.progress import Progress, TaskID
from rich.table import Table

from civitai_engagement.answers.answer import utc
from civitai_engagement.cli.tables import table
from civitai_engagement.clock import StandingClock
from civitai_engagement.collect.engine import EngineRule
from civitai_engagement.collect.tick import run_tick
from civitai_engagement.errors import BadInput, StoreDown
from civitai_engagement.inputs.times import instant
from civitai_engagement.records.condition import EVERY
from civitai_engagement.runtime import Runtime
from civitai_engagement.schedule.scheduler import Scheduler
from civitai_engagement.setting_values import Engine
from civitai_engagement.store.claims import this_process
from civitai_engagement.store.runs import Run

FAREWELL = "Stopped. What was observed is kept; the next run does the rest."
COUNTED = ("planned", "observed", "unchanged", "missing", "suspect", "rejected", "requests", "retries")


@dataclass(frozen=True, slots=True)
class Ran:
    """One run, told; `coverage` is (due, reached) by tier."""

    job: str
    tick_at: str | None
    planned: int
    observed: int
    unchanged: int
    missing: int
    suspect: int
    rejected: int
    requests: int
    retries: int
    seconds: float
    coverage: dict[str, list[int]]
    error: str | None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def standing_clock(at: str) -> StandingClock:
    """Read an instant; without a zone it is UTC.

    Raises:
        BadInput: It is none.
    """
    moment = instant("--at", at)
    if moment is None:
        raise BadInput("--at is empty.", hint="Pass an instant like 2026-08-01T12:00:00Z.")
    return StandingClock(moment)


async def keep_collecting(runtime: Runtime, *, waits: bool) -> None:
    """Keep the clock until interrupted; where another engine is in force, wait until it is not if this `waits`.

    Raises:
        BadSetup: Another engine is in force, and this does not wait.
    """
    with suppress(StoreDown):  # it is waited for, and then followed
        if not waits:
            rule = EngineRule(runtime, Engine.APSCHEDULER, by=this_process())
            await rule.take_over(by_a_person=sys.stdin.isatty())
    await Scheduler(runtime).keep()


async def collect_once(runtime: Runtime, *, is_quiet: bool) -> list[Ran]:
    """Do what is due now and not done yet; prints a bar and a table unless quiet."""
    console = Console(stderr=True, quiet=is_quiet)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Collecting", total=None)
        async with await runtime.store.claims(this_process()) as claims:
            step = partial(_step, progress, task)
            runs = await run_tick(runtime, claims, on_step=step)
    ran = [_ran(one) for one in runs]
    if not is_quiet:
        _show(ran)
    return ran


def _step(progress: Progress, task: TaskID, done: int, due: int) -> None:
    progress.update(task, completed=done, total=due or None)


def _ran(run: Run) -> Ran:
    counted = {name: getattr(run, name) for name in COUNTED}
    coverage = {tier: list(pair) for tier, pair in run.coverage.items()}
    seconds = round(run.seconds or 0.0, 2)
    return Ran(run.job, utc(run.tick_at), seconds=seconds, coverage=coverage, error=run.error, **counted)


def _show(runs: Sequence[Ran]) -> None:
    console = Console(highlight=False, markup=False)
    if not runs:
        console.print("Nothing to do: this tick is done, or another process is at it (`civitai-engagement status`).")
        return
    if asked := [one for one in runs if one.job in EVERY]:
        console.print(_tabled(asked))
    for one in runs:
        if one.error:
            console.print(f"{one.job}: {one.error}")
        elif one not in asked:
            console.print(f"{one.job}: {one.observed:,} media in {one.seconds:.1f} s")


def _tabled(runs: Sequence[Ran]) -> Table:
    """Set beside each other what was asked of Civitai."""
    made = table("what", *(one.job for one in runs), numbers=frozenset(one.job for one in runs))
    made.add_row("tick (UTC)", *(one.tick_at for one in runs))
    for name in COUNTED:
        made.add_row(name, *(f"{getattr(one, name):,}" for one in runs))
    made.add_row("reached", *map(_reached, runs))
    return made


def _reached(one: Ran) -> str:
    """Say which share of what was due was asked for and answered."""
    due, reached = (sum(pair[place] for pair in one.coverage.values()) for place in (0, 1))
    return f"{reached / due:.0%}" if due else "-"
