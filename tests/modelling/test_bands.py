import math
from dataclasses import replace

import numpy as np
import pytest

from civitai_engagement.modelling.bands import bands
from civitai_engagement.modelling.effects import effects
from civitai_engagement.modelling.frame import Parameter
from civitai_engagement.records.findings import Measure

from .test_effects import framed, row


def test_a_line_shows_as_a_rise_over_three_bands() -> None:
    low, middle, high = bands(framed(), ["steps"])["steps"]
    assert [(one.least, one.most) for one in (low, middle, high)] == [(10, 10), (20, 20), (40, 40)]
    assert low.ratio == 1
    assert middle.ratio == pytest.approx(1.4, rel=0.12)
    assert high.ratio == pytest.approx(1.4**2, rel=0.12)
    assert (high.low or 0) < high.ratio < (high.high or 0)


def test_an_effect_that_bends_is_seen_in_bands_where_the_line_sees_nothing() -> None:
    frame = framed(planted=False)
    cfg = np.random.default_rng(8).choice([2.0, 4, 8], len(frame))
    counts = np.random.default_rng(9).poisson(frame.counts * np.where(cfg == 4, 1.6, 1))
    parameters = (*frame.parameters, Parameter("cfg", Measure.DOUBLING))
    bent = replace(frame, counts=counts.astype(float), values={**frame.values, "cfg": cfg}, parameters=parameters)
    _, middle, high = bands(bent, ["steps", "cfg"])["cfg"]
    assert (middle.low or 0) > 1.3
    assert (high.low or 9) < 1 < (high.high or 0)
    assert math.log(row(effects(bent), "cfg").ratio or 1) == pytest.approx(0, abs=0.08)


def test_a_number_with_fewer_values_has_no_bands() -> None:
    frame = framed()
    flat = replace(frame, values={**frame.values, "steps": np.where(frame.values["steps"] > 10, 20.0, 10.0)})
    assert bands(flat, ["steps"]) == {}
    assert bands(frame.only(np.zeros(len(frame), dtype=bool)), ["steps"]) == {}
