"""From metadata as they are shown to effects: nothing is known but what the product itself reads."""

import math
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from civitai_engagement.analysis.features import features
from civitai_engagement.civitai.metadata import normalise
from civitai_engagement.modelling.asked import frame_of
from civitai_engagement.modelling.effects import effects
from civitai_engagement.records.features import Features, MadeRow
from civitai_engagement.records.findings import EffectVerdict
from civitai_engagement.sandbox import World, WorldName
from civitai_engagement.sandbox.planted import EFFECTS

BORN = datetime(2026, 5, 1, tzinfo=UTC)
HIRES = Features(has_parameters=True, steps=20, is_hires=True, loras=("ink",), prompt_words=4)


def read(world: World) -> list[MadeRow]:
    """Read all media of a world as the product would, with the counts they come to in the end."""
    rows = []
    for post in world.posts.values():
        items = world.items_of(post.id)
        for place, item in enumerate(items, start=1):
            made = normalise(item.meta, model_version_ids=item.model_version_ids)
            base_model = (item.base_models or (None,))[0]
            shown = features(made, width=item.width, height=item.height, base_model=base_model)
            total = item.counters.totals.reactions
            facts = (post.id, str(post.username), post.published_at, item.type, item.level, place, len(items))
            rows.append(MadeRow(total, *facts, shown))
    return rows


@pytest.mark.slow
def test_what_is_planted_in_a_world_is_found_in_what_its_metadata_show() -> None:
    found = effects(frame_of(read(World.planted(WorldName.PLANTED, seed=100_000))))
    told = {f"{row.parameter.name} {row.label}".strip(): row for row in found.rows}
    planted = {"steps": "steps, per doubling", "hires": "hires", "first of its post": "first of its post"}
    for name, effect in planted.items():
        assert (told[name].low or 9) / 1.05 < EFFECTS[effect] < (told[name].high or 0) * 1.05, name
    for name in ("steps", "first of its post", "sampler DPM++ SDE", "base model Illustrious", "type video"):
        assert told[name].verdict is EffectVerdict.MORE, name
    assert told["base model SD 1"].verdict is EffectVerdict.LESS
    assert "LoRA softLight" in told
    assert found.tested > 25


def row(**known: object) -> MadeRow:
    plain = MadeRow(5.0, 1, "Ana", BORN, "image", 1, 1, 1, HIRES)
    return replace(plain, **known)  # type: ignore[arg-type]


def test_what_is_unknown_stays_unknown() -> None:
    frame = frame_of([row(), row(level=None, features=Features(has_parameters=False))])
    for name in ("steps", "hires", "LoRA ink", "other LoRAs"):
        if name in frame.values:
            assert math.isnan(frame.values[name][1]), name
    assert math.isnan(frame.values["level R or higher"][1])


def test_a_number_without_a_logarithm_is_no_answer() -> None:
    frame = frame_of([row(), row(features=replace(HIRES, steps=0)), row(features=replace(HIRES, steps=-3))])
    assert np.isfinite(frame.values["steps"]).tolist() == [True, False, False]


def test_what_nobody_tells_is_not_asked() -> None:
    names = {one.name for one in frame_of([row(), row()]).parameters}
    assert "denoise" not in names
    assert {"steps", "hires", "base model"} & names == {"steps", "hires"}


def test_few_posts_of_one_creator_carry_few_controls() -> None:
    def controls(posts: int, creators: int) -> set[str]:
        rows = [row(post_id=place, creator=f"maker {place % creators}") for place in range(posts)]
        return {one.name for one in frame_of(rows).parameters if one.is_control}

    assert controls(60, 1) == {"first of its post", "type", "level R or higher"}
    assert controls(120, 1) == controls(60, 25) == {"first of its post", "type", "level", "post size"}


def test_a_creator_is_one_whatever_the_case_and_posts_keep_their_days() -> None:
    rows = [row(), row(creator="ANA", published_at=BORN + timedelta(days=3), post_id=2)]
    frame = frame_of(rows)
    assert frame.creators.tolist() == [0, 0]
    assert frame.days.tolist() == [0, 3]


def test_the_loras_used_most_are_asked_about_one_by_one() -> None:
    used: dict[str, int] = defaultdict(int)
    rows = []
    for place in range(200):
        loras = tuple(name for name, every in (("a", 2), ("b", 3), ("rare", 50)) if place % every == 0)
        for name in loras:
            used[name] += 1
        rows.append(row(post_id=place, features=replace(HIRES, loras=loras)))
    frame = frame_of(rows)
    assert [one.name for one in frame.parameters if one.name.startswith("LoRA")] == ["LoRA a", "LoRA b"]
    assert frame.values["LoRA a"].sum() == used["a"]
    assert frame.values["other LoRAs"].sum() == used["rare"]


def test_nothing_makes_an_empty_frame() -> None:
    assert len(frame_of([])) == 0
    assert effects(frame_of([])).tested == 0
