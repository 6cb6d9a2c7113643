"""That every reader can tell the lines apart, on paper of any shade and with any eyes."""

from itertools import combinations, pairwise

import pytest

from civitai_engagement.charts.palette import BACKGROUND, FAINT, INK, PENS

# Brettel, Viénot and Mollon (1997) as one matrix in linear RGB (Viénot 1999), and no loss.
EYES = {
    "all cones": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "no red": ((0.11238, 0.88762, 0.0), (0.11238, 0.88762, 0.0), (0.00401, -0.00401, 1.0)),
    "no green": ((0.29275, 0.70725, 0.0), (0.29275, 0.70725, 0.0), (-0.02234, 0.02234, 1.0)),
}
Triple = tuple[float, ...]


def linear(colour: str) -> Triple:
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return tuple(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)


def luminance(colour: str) -> float:
    red, green, blue = linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def lab(rgb: Triple) -> Triple:
    rows = ((0.4124, 0.3576, 0.1805, 0.9505), (0.2126, 0.7152, 0.0722, 1.0), (0.0193, 0.1192, 0.9505, 1.089))
    x, y, z = (max(0.0, sum(a * b for a, b in zip(row, rgb, strict=False)) / row[3]) for row in rows)
    fx, fy, fz = (one ** (1 / 3) if one > 0.008856 else 7.787 * one + 16 / 116 for one in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def seen(colour: str, eyes: str) -> Triple:
    rgb = linear(colour)
    return lab(tuple(sum(a * b for a, b in zip(row, rgb, strict=True)) for row in EYES[eyes]))


def difference(one: str, other: str, eyes: str) -> float:
    return float(sum((a - b) ** 2 for a, b in zip(seen(one, eyes), seen(other, eyes), strict=True)) ** 0.5)


def test_words_and_lines_stand_out_from_the_card() -> None:
    assert contrast(INK, BACKGROUND) >= 7
    assert contrast(FAINT, BACKGROUND) >= 4.5
    assert [pen.colour for pen in PENS if contrast(pen.colour, BACKGROUND) < 3] == []


@pytest.mark.parametrize("eyes", EYES)
def test_the_first_colours_differ_for_every_eye_and_neighbours_always_do(eyes: str) -> None:
    first = [pen.colour for pen in PENS[:4]]
    assert min(difference(one, other, eyes) for one, other in combinations(first, 2)) >= 12
    assert min(difference(one.colour, other.colour, eyes) for one, other in pairwise(PENS)) >= 12


def test_without_colour_marker_and_dash_tell_the_lines_apart() -> None:
    assert len({pen.marker for pen in PENS}) == len(PENS)
    assert len({pen.dash for pen in PENS}) == len(PENS)
