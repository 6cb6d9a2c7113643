"""`python -m studies.prompts` looks for phrases in worlds whose truth is known, and writes docs/prompts.md.

Seeds are the first natural numbers. `--worlds` says how many of each kind are drawn.
"""

import argparse
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from civitai_engagement.analysis.features import phrases
from civitai_engagement.modelling.patterns import Patterns, patterns
from civitai_engagement.records.findings import EffectVerdict
from civitai_engagement.sandbox.habits import Population
from civitai_engagement.sandbox.phrases import EFFECTS
from civitai_engagement.sandbox.planted import PLANS, WorldName, WorldPlan
from studies.estimators import Figure
from studies.media import VERSIONS, frame_of

PAGE = Path(__file__).parents[1] / "docs" / "prompts.md"
BEGIN, END = "<!-- Made by `python -m studies.prompts`; do not edit. -->", "<!-- End of the table. -->"
CREATORS, POSTS = 200, 4_400
COMMON = 0.03  # of the media: a phrase this common is looked for with success
NULL = replace(PLANS[WorldName.NULL], creators=CREATORS, posts=POSTS)
PLANTED = replace(NULL, phrases=EFFECTS)
NULLS = {
    "null, usual": NULL,
    "null, viral": replace(NULL, viral=0.03),
    "null, confounded by creator": replace(NULL, strong_use_more=True),
    "null, effects of parameters differ": replace(NULL, effects=PLANS[WorldName.PLANTED].effects, differing=0.3),
    "null, drift": replace(PLANS[WorldName.DRIFT], creators=CREATORS, posts=POSTS),
}
PLANTEDS = {
    "planted, usual": PLANTED,
    "planted, viral": replace(PLANTED, viral=0.03),
    "planted, quiet": replace(PLANTED, level=4.0),
    "planted, differing": replace(PLANTED, differing=0.3),
}
FEW = {"planted, 40 creators": replace(PLANTED, creators=40, posts=880)}
WORLDS = NULLS | PLANTEDS | FEW


@dataclass(frozen=True, slots=True)
class World:
    """One world, judged: names that are false, and of common planted phrases which were found."""

    false: tuple[str, ...]
    found: dict[str, bool]
    is_short: bool
    covered: tuple[bool, ...]


def judged(name: str, seed: int) -> World:
    plan = WORLDS[name]
    posts = list(Population(plan, seed, VERSIONS).posts())
    media = [one for post in posts for one in post.media if one.form != "hidden"]
    shown = [replace(post, media=[one for one in post.media if one.form != "hidden"]) for post in posts]
    frame = frame_of(one for one in shown if one.media)
    written = [phrases(one.making.prompt) for one in media]
    found = patterns(frame, written, [tuple(lora.model_name for lora in one.making.loras) for one in media])
    return World(tuple(_false(found, plan)), _common(found, plan), found.is_short, tuple(_covered(found, plan)))


def _false(found: Patterns, plan: WorldPlan) -> Iterator[str]:
    for one in found.named:
        true = [plan.phrases.get(term, 1.0) for term in one.terms]
        rises = one.verdict is EffectVerdict.MORE
        if not any(ratio != 1 and rises == (ratio > 1) for ratio in true):
            yield one.terms[0]


def _common(found: Patterns, plan: WorldPlan) -> dict[str, bool]:
    return {
        term: one.verdict is not EffectVerdict.UNCERTAIN
        for one in found.rows
        for term in one.terms
        if term in plan.phrases and one.sides.media[0] >= COMMON * found.media
    }


def _covered(found: Patterns, plan: WorldPlan) -> Iterator[bool]:
    for one in found.named:
        [*true] = [plan.phrases[term] for term in one.terms if term in plan.phrases]
        if true:
            yield (one.low or 0) <= true[0] <= (one.high or 0)


def _drawn(name: str, count: int, pool: ProcessPoolExecutor) -> list[World]:
    return list(pool.map(judged, [name] * count, range(1, count + 1)))


def study(count: int, pool: ProcessPoolExecutor) -> Iterator[Figure]:
    for name in NULLS:
        yield _any_false(name, _drawn(name, count, pool))
    for name in PLANTEDS:
        yield from _planted(name, _drawn(name, count, pool))
    for name in FEW:
        worlds = _drawn(name, count, pool)
        yield Figure(name, "worlds told to be too few", sum(one.is_short for one in worlds), len(worlds), least=100)


def _any_false(name: str, worlds: Sequence[World]) -> Figure:
    return Figure(name, "worlds with a false name", sum(bool(one.false) for one in worlds), len(worlds), most=5)


def _planted(name: str, worlds: Sequence[World]) -> Iterator[Figure]:
    yield _any_false(name, worlds)
    for what, wanted in (("x2 or half", (2.0, 0.5)), ("x1.5 to x0.6", (1.5, 0.6, 0.7)), ("x1.3", (1.3,))):
        told = [found for one in worlds for term, found in one.found.items() if EFFECTS[term] in wanted]
        least = 60 if what == "x2 or half" else None
        yield Figure(name, f"common phrases of {what} found", sum(told), len(told), least=least)
    covered = [one for world in worlds for one in world.covered]
    yield Figure(name, "intervals of the named that hold the planted ratio", sum(covered), len(covered))


def as_table(figures: Sequence[Figure]) -> str:
    head = ["| study | what | got | aimed at | met | of |", "| --- | --- | --- | --- | --- | --- |"]
    return "\n".join([*head, *(f"| {' | '.join(one.cells())} |" for one in figures)])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m studies.prompts", description=__doc__)
    parser.add_argument("--worlds", type=int, default=60)
    parser.add_argument("--print", action="store_true", help="print only")
    given = parser.parse_args()
    started = time.monotonic()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        table = as_table(list(study(given.worlds, pool)))
    print(table)
    print(f"{time.monotonic() - started:.0f} s", file=sys.stderr)
    if not given.print:
        fresh: Callable[[re.Match[str]], str] = lambda marks: f"{marks[1]}\n\n{table}\n\n{marks[2]}"  # noqa: E731
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(
            re.sub(f"({re.escape(BEGIN)}).*({re.escape(END)})", fresh, page, flags=re.DOTALL), encoding="utf-8"
        )


if __name__ == "__main__":
    main()
