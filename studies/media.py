"""Media of the sandbox's planted worlds as the rows that models work on, and what is true of them."""

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

import numpy as np

from civitai_engagement.modelling.arrays import Numbers, codes_of
from civitai_engagement.modelling.design import term
from civitai_engagement.modelling.frame import Frame, Parameter
from civitai_engagement.records.findings import Measure
from civitai_engagement.sandbox.habits import LEVELS, MadeMedia, MadePost, Population
from civitai_engagement.sandbox.planted import WorldPlan
from civitai_engagement.sandbox.posting import BASES, LORAS, model_versions
from civitai_engagement.sandbox.recipes import SAMPLERS, SCHEDULERS

VERSIONS = model_versions(datetime(2026, 1, 1, tzinfo=UTC))
SHAPES = ("tall", "square", "wide")
LORA = LORAS[0]
PARAMETERS = (
    Parameter("first of its post", Measure.FLAG, is_control=True),
    Parameter("video", Measure.FLAG, is_control=True),
    Parameter("level", Measure.CHOICE, is_control=True, labels=tuple(map(str, LEVELS))),
    Parameter("base model", Measure.CHOICE, is_control=True, labels=BASES),
    Parameter("post size", Measure.DOUBLING, is_control=True),
    Parameter("steps", Measure.DOUBLING),
    Parameter("cfg", Measure.DOUBLING),
    Parameter("prompt words", Measure.DOUBLING),
    Parameter("negative words", Measure.DOUBLING),
    Parameter("megapixels", Measure.DOUBLING),
    Parameter("denoise", Measure.UNIT),
    Parameter("clip skip 2", Measure.FLAG),
    Parameter("hires", Measure.FLAG),
    Parameter("sampler", Measure.CHOICE, labels=tuple(SAMPLERS)),
    Parameter("scheduler", Measure.CHOICE, labels=SCHEDULERS),
    Parameter("shape", Measure.CHOICE, labels=SHAPES),
    Parameter(f"lora {LORA}", Measure.FLAG),
    Parameter("other loras", Measure.UNIT),
    Parameter("odd seed", Measure.FLAG, is_null_check=True),
)
ALWAYS = 5  # the first of them are known of every media, the others of those with metadata


def drawn(plan: WorldPlan, seed: int) -> Frame:
    """Draw a world and make it a frame; what metadata do not show is unknown."""
    return frame_of(Population(plan, seed, VERSIONS).posts())


def frame_of(made: Iterable[MadePost]) -> Frame:
    """Make a frame of posts as they were made."""
    rows = [row for post in enumerate(made) for row in _rows(*post)]
    table = np.array(rows)
    values = {one.name: table[:, 4 + place] for place, one in enumerate(PARAMETERS)}
    creators, posts = codes_of(table[:, 2]), codes_of(table[:, 1])
    return Frame(table[:, 0], posts, creators, table[:, 3], values, PARAMETERS)


def _rows(number: int, post: MadePost) -> Iterator[list[float]]:
    creator = float(post.habit.name.rpartition("_")[2])
    for one in post.media:
        yield [one.total, number, creator, post.day, *_known(one, len(post.media)), *_told(one)]


def _known(one: MadeMedia, size: int) -> Sequence[float]:
    base = BASES.index(one.making.version.base_model)
    return (one.place == 0, one.type == "video", LEVELS.index(one.level), base, size)


def _told(one: MadeMedia) -> Sequence[float]:
    if one.form == "hidden":
        return (math.nan,) * (len(PARAMETERS) - ALWAYS)
    making = one.making
    names = [lora.model_name for lora in making.loras]
    ratio = making.height / making.width
    return (
        making.steps,
        making.cfg,
        len(making.prompt.split()),
        len(", ".join(making.unwanted).split()),
        making.width * making.height / 1e6,
        making.denoise,
        making.clip_skip == 2,
        making.is_hires,
        list(SAMPLERS).index(making.sampler),
        SCHEDULERS.index(making.scheduler),
        0 if ratio > 1.1 else 2 if ratio < 1 / 1.1 else 1,
        LORA in names,
        len([name for name in names if name != LORA]),
        making.seed % 2,
    )


def truth(frame: Frame, plan: WorldPlan) -> dict[tuple[str, str], float]:
    """Give the true logarithm of every contrast asked of a frame, by parameter and label."""
    told: dict[tuple[str, str], float] = {}
    for parameter in frame.parameters:
        own = frame.only(frame.known(*frame.values))
        made = term(own, parameter)
        effects = _planted(parameter, own.values[parameter.name], made.columns, plan)
        told |= {(parameter.name, one.label): float(one.contrast @ effects) for one in made.asked}
    return told


def _planted(parameter: Parameter, values: Numbers, columns: Numbers, plan: WorldPlan) -> Numbers:
    """Regress the planted logarithms on a parameter's own columns: exact, for they are linear in them."""
    lifts = np.array([_lift(parameter, value, plan) for value in values])
    centred = np.column_stack([columns, np.ones(len(columns))])
    found: Numbers = np.linalg.lstsq(centred, lifts, rcond=None)[0][:-1]
    return found


def _lift(parameter: Parameter, value: float, plan: WorldPlan) -> float:
    if parameter.measure is Measure.CHOICE:
        return math.log(plan.effects.get(f"{parameter.name} {parameter.labels[int(value)]}", 1.0))
    if parameter.name == "steps":
        return math.log2(value) * math.log(plan.effects.get("steps, per doubling", 1.0))
    return value * math.log(plan.effects.get(parameter.name, 1.0))
