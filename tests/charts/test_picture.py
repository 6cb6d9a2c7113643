"""The picture itself: small, the same every time, and showing what it should."""

import io
import sys
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from civitai_engagement.charts import Chart, DrawnLine, DrawnPoint, axes, draw, ends, words
from civitai_engagement.charts.palette import HOLE, PENS
from civitai_engagement.errors import BadSetup

NOON = datetime(2026, 5, 8, 12, tzinfo=UTC)


def has(png: bytes, colour: str) -> NDArray[np.bool_]:
    """Say of each pixel, row by row, whether it has a colour, but for what the palette rounds off."""
    picture = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), dtype=np.int16)
    wanted = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
    found: NDArray[np.bool_] = np.abs(picture - wanted).max(axis=2) <= 6
    return found


def columns(png: bytes, colour: str, least: int = 1) -> set[int]:
    """Give the columns with at least so many pixels of a colour."""
    return set(np.flatnonzero(has(png, colour).sum(axis=0) >= least).tolist())


def curve(name: str, most: int, *, start: float = 0, gap: range = range(0)) -> DrawnLine:
    points = (DrawnPoint(start + x, None if x in gap else int(most * x / (x + 12))) for x in range(160))
    return DrawnLine(name, tuple(points))


@pytest.mark.slow
def test_eight_long_lines_make_a_small_picture_and_the_same_one_again() -> None:
    lines = tuple(curve(f"post {10_000_000 + place}", 100 + 90 * place, gap=range(20, 30)) for place in range(8))
    chart = Chart("Engagement by age", "reactions and comments", "age", lines, NOON, ("A gap is unknown, not zero.",))
    png = draw(chart)
    assert png == draw(chart)
    assert len(png) < 100_000
    picture = Image.open(io.BytesIO(png))
    assert picture.size == (1350, 750)
    assert not picture.info.keys() - {"transparency"}
    assert all(has(png, pen.colour).sum() > 100 for pen in PENS)


@pytest.mark.slow
def test_a_break_is_empty_and_shaded_where_one_line_is_shown() -> None:
    start = NOON.timestamp() / 3600
    png = draw(
        Chart("Engagement of post 77", "likes", "time", (curve("post 77", 900, start=start, gap=range(60, 100)),))
    )
    hole = columns(png, HOLE, 100)
    inside = set(range(min(hole) + 8, max(hole) - 8))
    assert len(inside) > 150
    assert inside.isdisjoint(columns(png, PENS[0].colour))
    assert not columns(draw(Chart("t", "likes", "age", (curve("post 77", 900),))), HOLE, 100)


@pytest.mark.slow
def test_what_befell_the_counters_is_marked_and_explained() -> None:
    def drawn(event: str) -> bytes:
        points = (DrawnPoint(x, 10 + x, event if x == 9 else "") for x in range(20))
        return draw(Chart("t", "likes", "age", (DrawnLine("a", tuple(points)),)))

    pictures = {event: drawn(event) for event in ("", "fall", "correction", "missing", "returned")}
    assert len(set(pictures.values())) == len(pictures)
    assert drawn("something new") == pictures[""]


ODD = {
    "nothing observed": Chart("t", "likes", "age", (DrawnLine("a", ()), DrawnLine("b", (DrawnPoint(1, None),)))),
    "no lines": Chart("t", "likes", "time", ()),
    "one look": Chart("t", "likes", "age", (DrawnLine("a", (DrawnPoint(5, 0),)),)),
    "one look in time": Chart("t", "likes", "time", (DrawnLine("a", (DrawnPoint(494_000, 7),)),)),
    "always the same": Chart("t", "likes", "age", (DrawnLine("a", (DrawnPoint(0, 3), DrawnPoint(9, 3))),)),
    "very many": Chart("t", "likes", "age", (DrawnLine("a", (DrawnPoint(0, 3), DrawnPoint(9_000, 4_000_000_000))),)),
    "another zone": Chart("t", "likes", "time", (curve("a", 9, start=494_000),), zone="Asia/Tokyo"),
    "words nobody can draw": Chart(
        "$x^2$ 漢字 \U0001f9ff", "likes", "age", (DrawnLine("$_{" + "ä" * 99, (DrawnPoint(0, 1),)),), NOON
    ),
    "long words": Chart("t" * 500, "likes", "age", (curve("a", 9),), NOON, ("n" * 500,) * 9),
    "some lines empty": Chart("t", "likes", "age", (DrawnLine("a", ()), curve("b", 9))),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ODD)
def test_odd_charts_are_drawn_too(name: str) -> None:
    assert draw(ODD[name]).startswith(b"\x89PNG")


@pytest.mark.slow
def test_a_line_keeps_its_colour_where_another_was_not_observed() -> None:
    png = draw(ODD["some lines empty"])
    assert has(png, PENS[1].colour).any()
    assert not has(png, PENS[0].colour).any()


def test_counts_begin_at_zero_unless_that_would_flatten_them_and_then_it_is_said() -> None:
    def chart(*values: int) -> Chart:
        return Chart("t", "likes", "age", (DrawnLine("a", tuple(DrawnPoint(x, y) for x, y in enumerate(values))),))

    assert [axes.begins_at_zero(chart(*values)) for values in ((5, 10), (6, 10), (10, 10), ())] == [
        True,
        False,
        True,
        True,
    ]


def test_ages_are_written_in_hours_where_that_is_needed_else_in_days() -> None:
    assert axes.age(36, is_fine=True) == "36 h"
    assert axes.age(36, is_fine=False) == "1.5 d"
    assert axes.age(24 * 7, is_fine=False) == "7 d"


@given(st.lists(st.floats(0, 1), max_size=8))
def test_labels_stand_apart_in_their_order(wanted: list[float]) -> None:
    heights = ends.spread(wanted, apart=0.068)
    assert all(later - earlier >= 0.068 - 1e-9 for earlier, later in pairwise(sorted(heights)))
    assert all(a <= b for (_, a), (_, b) in pairwise(sorted(zip(wanted, heights, strict=True))))
    assert all(height <= 1 for height in heights)


def test_labels_that_stand_apart_already_stay_where_they_are() -> None:
    assert ends.spread([0.9, 0.1, 0.5], apart=0.068) == [0.9, 0.1, 0.5]


def test_what_the_font_has_no_sign_for_becomes_a_box() -> None:
    assert words.legible("ab漢") == "ab□"


def test_without_matplotlib_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "civitai_engagement.charts.plotting", raising=False)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(BadSetup, match=r"pip install 'civitai-engagement\[charts\]'"):
        draw(ODD["one look"])


@pytest.mark.slow
def test_a_chart_can_be_lines_instead_of_pixels_and_the_same_ones_again() -> None:
    lines = (curve("post 7", 300), curve("post 8", 200))
    chart = Chart("Two posts", "likes", "age", lines, NOON)
    svg = draw(chart, as_vectors=True)
    assert svg.lstrip().startswith(b"<?xml")
    assert b"post 7" in svg
    assert draw(chart, as_vectors=True) == svg
