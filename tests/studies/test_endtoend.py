"""Worlds whose truth is known, through sandbox, collector, features and the tool over stdio."""

import math

import pytest

from civitai_engagement.sandbox import WorldName
from studies.endtoend import SMALL, Trip, figures, travelled

pytestmark = pytest.mark.slow
MORE = {"ratio": 1.3, "low": 1.2, "high": 1.4, "verdict": "more"}


@pytest.mark.timeout(240)
async def test_what_is_planted_in_a_small_world_comes_back_through_everything_and_nothing_false_is_named() -> None:
    found = await travelled(WorldName.PLANTED, 1, SMALL)
    told = [name for name in found.truth if "ratio" in found.rows.get(name, {})]
    assert len(told) >= 5
    assert sum(map(found.holds, told)) >= len(told) - 1
    assert set(found.named) & set(told)
    for name in set(found.named) & set(told):
        assert (found.rows[name]["verdict"] == "more") is (found.truth[name] > 0), name


def test_what_came_back_is_judged_against_what_was_planted() -> None:
    held = Trip("planted", 1, {"steps": MORE}, {"steps": math.log(1.3)}, "")
    missed = Trip("planted", 2, {"steps": MORE}, {"steps": math.log(2)}, "")
    absent = Trip("planted", 3, {}, {"steps": math.log(1.3)}, "")
    quiet = Trip("null", 1, {"steps": MORE | {"verdict": "cannot tell"}}, {}, "")
    loud = Trip("null", 2, {"steps": MORE}, {}, "")
    told = {one.what: (one.hits, one.cases) for one in figures([held, missed, absent, quiet, loud])}
    assert told == {
        "worlds whose interval of steps holds what was planted": (1, 3),
        "planted things named": (2, 3),
        "worlds in which nothing is named": (1, 2),
    }
