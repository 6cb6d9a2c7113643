"""Real Civitai models, their favourites and the steps and CFG of their examples: what is left within creators.

The file is no part of the project; `python -m studies.real_models FILE` reads it.
"""

import argparse
import csv
import gzip
import math
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np

from civitai_engagement.modelling.arrays import codes_of
from civitai_engagement.modelling.effects import Effect, Effects, effects
from civitai_engagement.modelling.frame import Frame, Parameter
from civitai_engagement.records.findings import Measure

TAKEN_AT = datetime.fromisoformat("2023-07-04T17:00:00+00:00")
MOST_STEPS, MOST_CFG = 150, 30


def frame_of(path: Path) -> Frame:
    """Read models with their median steps and CFG; each is a post of its own."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["creator"] and row["first_version_at"]]
    kinds = sorted({row["type"] for row in rows})
    samplers = sorted({row["top_sampler"] for row in rows if row["top_sampler"]})
    days = np.array([(TAKEN_AT - datetime.fromisoformat(row["first_version_at"])).total_seconds() for row in rows])
    days = days / 86_400
    sampled = [float(samplers.index(row["top_sampler"])) if row["top_sampler"] else math.nan for row in rows]
    values = {
        "type": np.array([float(kinds.index(row["type"])) for row in rows]),
        "age": np.maximum(days, 1.0),
        "steps": np.array([_within(row["median_steps"], MOST_STEPS) for row in rows]),
        "cfg": np.array([_within(row["median_cfg"], MOST_CFG) for row in rows]),
        "sampler": np.array(sampled),
    }
    parameters = (
        Parameter("type", Measure.CHOICE, is_control=True, labels=tuple(kinds)),
        Parameter("age", Measure.DOUBLING, is_control=True),
        Parameter("steps", Measure.DOUBLING),
        Parameter("cfg", Measure.DOUBLING),
        Parameter("sampler", Measure.CHOICE, labels=tuple(samplers)),
    )
    counts = np.array([float(row["favorite_count"] or 0) for row in rows])
    creators = codes_of(np.array([row["creator"] for row in rows]))
    return Frame(counts, np.arange(len(rows)), creators, days, values, parameters)


def _within(text: str, most: float) -> float:
    """Read a number; what no sampler takes is no answer."""
    number = float(text) if text else math.nan
    return number if 0 < number <= most else math.nan


def without_creators(frame: Frame) -> Effects:
    """Ask the same as if everything were by one creator of one time: the obvious way."""
    alone = np.zeros(len(frame), dtype=np.int64)
    return effects(Frame(frame.counts, frame.posts, alone, np.zeros(len(frame)), frame.values, frame.parameters))


def row(found: Effects, name: str) -> Effect:
    return next(one for one in found.rows if one.parameter.name == name)


def lines(frame: Frame) -> Iterator[str]:
    for title, found in (("within creators", effects(frame)), ("all as one", without_creators(frame))):
        yield f"{title}: {found.media} models, {found.creators} creators, {found.tested} questions"
        for name in ("steps", "cfg"):
            one = row(found, name)
            interval = f"{one.low or 0:.2f} to {one.high or 0:.2f}"
            yield f"  {name}: x{one.ratio or 0:.2f} ({interval}), {one.verdict}, q {one.false_share or 0:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m studies.real_models", description=__doc__)
    parser.add_argument("file", type=Path)
    print("\n".join(lines(frame_of(parser.parse_args().file))))


if __name__ == "__main__":
    main()
