"""The study on few worlds, always the same ones: its bounds are looser, but a method that breaks falls out of them."""

import pytest

from studies import __main__ as command
from studies import bursts, counts, hours, ratings
from studies.findings import Aim, Effort, Finding, as_table, at_most, share
from studies.worlds import USUAL_FITS, flat

pytestmark = pytest.mark.slow
SMALL = Effort(worlds=12, posts_at_hours=150, expeditions=0)


def found(findings: list[Finding], study: str, figure: str) -> float:
    (one,) = [one for one in findings if one.study == study and one.figure.startswith(figure)]
    return one.got


def test_counts_and_half_lives_lie_near_the_truth() -> None:
    findings = counts.study(SMALL)

    assert [one for one in findings if one.is_missed] == []
    assert found(findings, "count at a fixed age, four-hourly", "median error at 24 h") < 1
    assert found(findings, "half-life, hourly first day", "median error, Weibull") < 4
    assert found(findings, "half-life, four-hourly", "given") > 80


def test_the_interval_of_a_rating_holds_the_truth_as_often_as_it_says() -> None:
    findings = ratings.steady(Effort(worlds=10, posts_at_hours=0, expeditions=0))

    held = {one.figure: one.got for one in findings if one.figure.startswith("holds the truth")}
    assert len(held) == 3
    assert all(91 <= got <= 99.5 for got in held.values())


def test_it_holds_it_too_while_the_level_doubles_and_is_not_much_wider_for_that() -> None:
    known = ("steady over 40 posts", "doubled over 40 posts")
    findings = list(ratings.courses(Effort(worlds=50, posts_at_hours=0, expeditions=0), known))

    told = "rating, a level that"
    assert found(findings, told, "doubled over 40 posts: holds") >= 88
    assert found(findings, told, "steady over 40 posts: times as wide") <= 1.5
    assert found(findings, told, "doubled over 40 posts: times as wide") <= 1.7


def test_a_share_is_missed_only_where_chance_cannot_have_made_it() -> None:
    def of(hits: int) -> Finding:
        return share("worlds", "named", [True] * hits + [False] * (40 - hits), Aim(high=5))

    assert [of(hits).is_missed for hits in (2, 6, 7)] == [False, False, True]
    assert at_most(0, 2, 0.5) == pytest.approx(0.25)
    assert at_most(2000, 4000, 0.5) == pytest.approx(0.5063, abs=0.001)


def test_bursts_are_found_and_clean_images_left_alone() -> None:
    cases = [bursts.case(seed, USUAL_FITS, flat) for seed in range(5000, 5008)]

    large = [is_found for case in cases for expected, is_found in case.found if expected >= 20]
    clean = [bool(is_flagged) for case in cases for is_flagged in case.flagged]
    assert len(large) > 15
    assert sum(large) / len(large) >= 0.85
    assert sum(clean) / len(clean) <= 0.02


def test_a_planted_hour_is_found_and_none_in_flat_worlds() -> None:
    habit = hours.HABITS["at any hour"]
    peaks = [hours.Peak(hour, spread) for hour, spread in ((3, 2.0), (14, 0.0))]

    best = [hours.pattern(seed, SMALL, peak.factor, habit).best for seed, peak in enumerate(peaks)]
    even = [hours.pattern(seed, SMALL, flat, habit).best for seed in range(4)]

    assert [peak.is_met(hour) for peak, hour in zip(peaks, best, strict=True)] == [True, True]
    assert even.count(None) >= 3


def test_a_table_says_what_was_aimed_at_and_missed() -> None:
    findings = [
        Finding("counts", "error", 5.678, 1200, Aim(high=5)),
        Finding("counts", "given", 91.0, 9, Aim()),
        Finding("rating", "holds", 95.0, 9, Aim(low=92, high=97)),
    ]

    assert as_table(findings).splitlines()[2:] == [
        "| counts | error | 5.68 % | at most 5 % | missed | 1,200 |",
        "| counts | given | 91 % |  |  | 9 |",
        "| rating | holds | 95 % | 92 to 97 % | yes | 9 |",
    ]


def test_the_table_takes_its_place_in_the_page_and_nothing_else_moves() -> None:
    page = f"# Page\n\n{command.BEGIN}\nold\n{command.END}\n\nafter\n"

    written = command.with_table(page, "| \\1 |")

    assert written == f"# Page\n\n{command.BEGIN}\n\n| \\1 |\n\n{command.END}\n\nafter\n"
    assert command.with_table(written, "| \\1 |") == written


def test_the_page_has_a_table_with_every_figure_of_the_study() -> None:
    page = command.PAGE.read_text(encoding="utf-8")
    table = page[page.index(command.BEGIN) : page.index(command.END)]

    told = [line.split(" | ")[0].strip("| ") for line in table.splitlines() if line.startswith("| ")]
    for study in (
        "count at a fixed age",
        "half-life",
        "interval of a rating",
        "change of a period",
        "unusual",
        "peak hours",
        "ledger",
    ):
        assert any(line.startswith(study) for line in told), study
