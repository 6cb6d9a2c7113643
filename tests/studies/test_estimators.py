"""The study of estimators on few worlds: a method that names what is not there, or misses what is, falls out."""

from dataclasses import replace

import pytest

from studies.effects import CONFOUNDED, NULLS, OWN, PLANTEDS, World, judged
from studies.estimators import Figure, Outcome, Row, as_table, figures, kinds, tasks, with_table

pytestmark = pytest.mark.slow


def test_nothing_is_named_in_worlds_where_nothing_is() -> None:
    worlds = [judged(NULLS["usual"], 1), judged(NULLS["viral"], 2), judged(CONFOUNDED["drift"], 3)]
    assert sum(one.has_false for one in worlds) <= 1
    assert sum(_covered(one) for one in worlds) / len(worlds) > 0.88


def _covered(world: World) -> float:
    return sum(one.is_covered for one in world.rows) / len(world.rows)


def test_what_is_planted_is_found_with_the_right_sign_and_size() -> None:
    world = judged(PLANTEDS["usual"], 1)
    for name, label in (("steps", ""), ("hires", ""), ("sampler", "DPM++ SDE"), ("base model", "Illustrious")):
        row = world.row(name, label)
        assert row is not None, name
        assert row.is_named, name
        assert not row.is_false, name


def test_a_lora_that_goes_with_a_strong_model_is_not_named_for_it() -> None:
    row = judged(CONFOUNDED["confounded-model"], 1).row("lora softLight")
    assert row is None or not row.is_named


def test_sixty_posts_of_one_creator_say_what_they_could_not_show() -> None:
    world = judged(replace(OWN, posts=60), 1)
    assert not world.has_false
    assert 1.5 < (world.found.visible or 0) < 6


def test_every_kind_of_world_has_its_judge() -> None:
    row = Row("hires", is_planted=True, is_named=True, is_false=False, is_covered=True, visible=1.9)
    told = list(figures(Outcome(name, (row,)) for name in kinds()))
    assert {one.study for one in told} == set(kinds())
    assert as_table(told).count("\n") == len(told) + 1


@pytest.mark.parametrize(("hits", "verdict"), [(10, "yes"), (17, "yes"), (19, "missed"), (0, "yes")])
def test_a_bound_is_missed_when_the_exact_binomial_test_says_so(hits: int, verdict: str) -> None:
    assert Figure("null", "any false", hits, 200, most=5).verdict == verdict


def test_a_power_is_missed_when_it_is_surely_below_its_bound() -> None:
    assert Figure("planted", "found", 80, 100, least=85).verdict == "yes"
    assert Figure("planted", "found", 70, 100, least=85).verdict == "missed"
    assert Figure("planted", "found", 0, 0, least=85).verdict == "yes"
    assert Figure("planted", "told", 5, 10).verdict == ""


def test_the_table_goes_between_its_marks() -> None:
    page = (
        "before\n<!-- Made by `python -m studies.estimators`; do not edit. -->\nold\n<!-- End of the table. -->\nafter"
    )
    written = with_table(page, "| new |")
    assert "old" not in written
    assert written.startswith("before")
    assert written.endswith("after")


def test_whenever_it_stops_seeds_are_the_first_and_kinds_have_had_their_share() -> None:
    seeds: dict[str, list[int]] = {name: [] for name in kinds()}
    for done, (name, seed) in enumerate(tasks(10, 1), 1):
        seeds[name].append(seed)
        if done == len(kinds()):
            assert all(seeds.values())
    for name, each in seeds.items():
        count = {"planted": 5, "models": 2}.get(name.partition(",")[0], 10)
        assert each == list(range(1, count + 1))
