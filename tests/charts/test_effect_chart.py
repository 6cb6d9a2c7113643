"""The picture of effects: dots where the ratios are, bars as long as the intervals, and what is named filled."""

import io
from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import Image

from civitai_engagement.charts import DrawnEffect, EffectChart, Estimate, draw_effects
from civitai_engagement.charts.effects import MOST_BARS
from civitai_engagement.charts.palette import PENS
from tests.charts.test_picture import columns, has

pytestmark = pytest.mark.slow
NOON = datetime(2026, 5, 8, 12, tzinfo=UTC)
BLUE, ORANGE = PENS[0].colour, PENS[1].colour


def drawn(*bars: DrawnEffect) -> bytes:
    return draw_effects(EffectChart("What goes with reactions", "times the others", bars, NOON, ("Goes with.",)))


def bar(
    ratio: float, low: float, high: float, *, is_named: bool = False, others: Estimate | None = None
) -> DrawnEffect:
    return DrawnEffect("steps, a doubling", Estimate(ratio, low, high), is_named, others)


def test_a_surer_effect_has_a_shorter_bar_and_a_larger_ratio_stands_further_right() -> None:
    frame = bar(1.0, 0.25, 4.0)  # the same axis in every picture
    unsure, sure, large = (drawn(one, frame) for one in (bar(1.3, 0.7, 2.4), bar(1.3, 1.2, 1.4), bar(2.0, 1.9, 2.1)))
    rows = has(unsure, BLUE).sum(axis=1)
    first = slice(0, int(np.flatnonzero(rows)[0]) + 18)  # the upper of the two bars
    spans = [np.flatnonzero(has(one, BLUE)[first].any(axis=0)) for one in (unsure, sure, large)]
    lengths = [int(span.max() - span.min()) for span in spans]
    assert lengths[0] > 3 * lengths[1]
    assert spans[2].min() > spans[1].max()


def test_what_is_named_is_filled_and_what_cannot_be_told_is_open() -> None:
    named, open_ = (drawn(bar(1.3, 1.2, 1.4, is_named=is_named)) for is_named in (True, False))
    assert has(named, BLUE).sum() > has(open_, BLUE).sum() + 20


def test_others_stand_beside_in_another_colour_and_alone_where_a_creator_has_no_figure() -> None:
    others = Estimate(1.2, 1.1, 1.3)
    alone = DrawnEffect("hires", None, is_named=False, others=others)
    assert not has(drawn(bar(1.3, 1.0, 1.7)), ORANGE).any()
    assert has(drawn(bar(1.3, 1.0, 1.7, others=others)), ORANGE).any()
    assert has(drawn(alone), ORANGE).any()
    assert not has(drawn(alone), BLUE).any()


def test_an_interval_without_end_is_cut_at_the_edge_with_an_arrow() -> None:
    endless, cut = drawn(bar(1.6, 0.001, 1e9)), drawn(bar(1.6, 0.2, 7.0))
    assert min(columns(endless, BLUE)) < min(columns(cut, BLUE))
    assert max(columns(endless, BLUE)) > max(columns(cut, BLUE))
    assert max(columns(endless, BLUE)) < 0.78 * 1350


def test_it_grows_with_its_rows_up_to_a_bound_is_small_and_the_same_each_time() -> None:
    few, many, most = (drawn(*[bar(1.2, 1.1, 1.3)] * count) for count in (2, MOST_BARS, 3 * MOST_BARS))
    sizes = [Image.open(io.BytesIO(png)).size for png in (few, many, most)]
    assert sizes[0][0] == sizes[1][0] == 1350
    assert sizes[0][1] < sizes[1][1] == sizes[2][1]
    assert len(many) < 100_000
    assert many == drawn(*[bar(1.2, 1.1, 1.3)] * MOST_BARS)


def test_nothing_to_compare_and_odd_words_are_no_error() -> None:
    assert drawn()[:4] == b"\x89PNG"
    odd = DrawnEffect("$x^2$ 金 " * 20, Estimate(1.0, 1.0, 1.0), is_named=False)
    assert drawn(odd)[:4] == b"\x89PNG"
    assert draw_effects(EffectChart("t", "s", (odd,)), as_vectors=True).startswith(b"<?xml")
