"""What models find, as plain values."""

import json
from dataclasses import replace

import pytest

from civitai_engagement.modelling.studied import MODELS, PARAMETERS, found_effects, found_models, study
from civitai_engagement.records.features import MadeRow
from civitai_engagement.records.findings import EffectVerdict, FoundEffects, FoundModels, ModelKind
from tests.makers import made

RARE = "a rare one"


@pytest.fixture(scope="module")
def rows() -> list[MadeRow]:
    return made()


def test_what_goes_with_reactions_is_named_in_plain_values(rows: list[MadeRow]) -> None:
    found = found_effects(rows)
    (steps,) = (one for one in found.rows if one.parameter == "steps")
    assert steps.verdict is EffectVerdict.MORE
    assert (steps.low or 9) < 1.5 < (steps.high or 0)
    assert [one.name for one in found.rows if one.parameter == "odd seed"] == []
    assert json.loads(found.model_dump_json())["creators"] == 30


def test_every_number_is_also_told_in_three_bands_named_or_not(rows: list[MadeRow]) -> None:
    def varied(place: int, one: MadeRow) -> MadeRow:
        if not one.features.has_parameters:
            return one
        return replace(
            one,
            features=replace(
                one.features,
                cfg=4.0 + place % 5,
                prompt_words=20 + place % 7,
                negative_words=1 + place % 11,
                megapixels=1.0 + place % 3,
                denoise=0.2 + place % 4 / 10,
                loras=tuple(f"{place}-{lora}" for lora in range(place // 4 % 3)),
            ),
        )

    found = found_effects([varied(place, one) for place, one in enumerate(rows)])
    banded = {one.name: len(one.bands) for one in found.rows if one.bands}
    numbers = ("steps", "CFG", "prompt words", "negative words", "megapixels", "denoise", "other LoRAs")
    assert banded == dict.fromkeys(numbers, 3)
    assert {one.name for one in found.named} <= {"steps", "parameters shown"}
    low, _, high = next(one.bands for one in found.rows if one.parameter == "steps")
    assert (low.ratio, low.low) == (1.0, None)
    assert (high.low or 0) > 1


def test_whether_parameters_are_shown_is_asked_beside_those_who_do_not(rows: list[MadeRow]) -> None:
    (shown,) = (one for one in found_effects(rows).rows if one.parameter == "parameters shown")
    assert shown.ratio is not None
    assert sum(shown.media) == len(rows)
    assert not [
        one for one in found_effects([one for one in rows if one.features.has_parameters]).rows if "shown" in one.name
    ]


def test_models_are_compared_with_their_share_and_pairs_and_rare_ones_are_counted(rows: list[MadeRow]) -> None:
    rare = [
        replace(one, features=replace(one.features, checkpoint=RARE)) for one in rows[:3] if one.features.checkpoint
    ]
    found = found_models([*rows, *rare], ModelKind.CHECKPOINT)
    assert {one.name for one in found.rows} == {"harbour", "lantern"}
    assert found.rare == 1
    assert sum(one.share for one in found.rows) == pytest.approx(1, abs=0.02)
    assert {(one.one, one.other) for one in found.pairs} in ({("harbour", "lantern")}, {("lantern", "harbour")})
    assert found.untold == sum(one.features.checkpoint is None for one in rows)


def test_a_study_is_json_that_reads_back_as_it_was(rows: list[MadeRow]) -> None:
    kept = json.loads(json.dumps(study(rows)))
    assert FoundEffects.model_validate(kept[PARAMETERS]).named
    assert FoundModels.model_validate(kept[MODELS]["checkpoint"]).rows
    assert set(kept[MODELS]) == {"base", "checkpoint", "lora"}


def test_nothing_at_all_is_no_error() -> None:
    assert found_effects([]).rows == ()
    assert found_models([], ModelKind.LORA).rows == ()
