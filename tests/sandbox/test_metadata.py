import json
from random import Random
from typing import Any

import pytest

from civitai_engagement.sandbox.metadata import Recipe, comfy_meta, odd_metas, onsite_meta, ordinary_meta

ODD: Any = odd_metas()
RECIPE = Recipe("plainModel", 500_001, 30, 7.0, lora_version_id=500_101)


def test_the_odd_shapes_are_the_same_on_every_call() -> None:
    assert odd_metas() == ODD


def test_every_odd_shape_can_stand_in_json() -> None:
    for name, meta in ODD.items():
        assert json.loads(json.dumps(meta)) == meta, name


@pytest.mark.parametrize("name", ["comfy undefined", "comfy NaN", "comfy broken"])
def test_some_comfy_texts_are_no_json(name: str) -> None:
    def no_constant(text: str) -> None:
        raise ValueError(text)

    with pytest.raises(ValueError):  # noqa: PT011 -- that it cannot be read is all there is to say
        json.loads(ODD[name]["comfy"], parse_constant=no_constant)


def test_comfy_texts_hide_what_postgres_refuses() -> None:
    assert "\ud83e" in json.loads(ODD["comfy lone surrogate"]["comfy"])["workflow"]["title"]
    assert "\0" in json.loads(ODD["comfy null character"]["comfy"])["workflow"]["title"]


def test_seeds_leave_every_integer_type_behind() -> None:
    assert ODD["seed negative"]["seed"] < 0
    assert 2**53 < ODD["seed beyond 2^53"]["seed"] < 2**63 < ODD["seed beyond 2^63"]["seed"]


def test_prompts_can_be_absent_empty_huge_or_hold_control_characters() -> None:
    assert "prompt" not in ODD["prompt absent"]
    assert ODD["prompt empty"]["prompt"] == ""
    assert len(ODD["prompt of tens of kB"]["prompt"]) > 30_000
    assert set("\x01\x03\x08\x0b") <= set(ODD["control characters"]["prompt"])


def test_types_drift_between_the_shapes_of_one_key() -> None:
    types = {type(meta["hashes"]) for meta in ODD.values() if meta and "hashes" in meta}
    assert types == {dict, list}
    assert {type(meta["comfy"]) for meta in ODD.values() if meta and "comfy" in meta} == {str, dict}
    assert {type(meta["steps"]) for meta in ODD.values() if meta and "steps" in meta} == {int, float, str}


def test_the_planted_parameters_stand_in_the_metadata() -> None:
    for meta in (ordinary_meta(Random(1), RECIPE), onsite_meta(Random(1), RECIPE), comfy_meta(Random(1), RECIPE)):
        assert (meta["steps"], meta["cfgScale"]) == (30, 7)


def test_a_lora_is_named_by_file_here_and_by_version_there() -> None:
    local, onsite = ordinary_meta(Random(1), RECIPE), onsite_meta(Random(1), RECIPE)
    assert [resource["type"] for resource in local["resources"]] == ["model", "lora"]
    assert list(local["hashes"]) == ["model", "lora:softLight"]
    assert [resource["modelVersionId"] for resource in onsite["civitaiResources"]] == [500_001, 500_101]
    assert len(ordinary_meta(Random(1), Recipe("plainModel", 1, 30, 7.5))["resources"]) == 1
    assert len(onsite_meta(Random(1), Recipe("plainModel", 1, 30, 7.5))["civitaiResources"]) == 1
