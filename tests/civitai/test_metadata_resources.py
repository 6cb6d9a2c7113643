from typing import Any

import pytest

from civitai_engagement.civitai.metadata import normalise
from civitai_engagement.records.media import Resource

H1, H2, LONG = "aadddd3d75", "dcb69cd2497f", "df3c506e51b7ee1d7b5a6a2bb7142d47d488743c96aa778afb0f53a2cdc2d38d"


def used(meta: object, *ids: int) -> tuple[Resource, ...]:
    generation = normalise(meta, model_version_ids=ids)
    assert generation is not None
    return generation.resources


SAID: list[tuple[dict[str, Any], Resource]] = [
    (
        {"civitaiResources": [{"weight": 1.1, "modelVersionId": 12, "type": "lora"}]},
        Resource("civitaiResources", version_id=12, type="lora", weight=1.1),
    ),
    (
        {"civitaiResources": [{"type": "Checkpoint", "modelVersionId": "12"}]},
        Resource("civitaiResources", version_id=12, type="checkpoint"),
    ),
    (
        {"resources": [{"type": "model", "name": "m", "hash": "AADDDD3D75"}]},
        Resource("resources", type="checkpoint", name="m", hash=H1),
    ),
    (
        {"resources": [{"type": "lora", "name": "l", "weight": "0.8"}]},
        Resource("resources", type="lora", name="l", weight=0.8),
    ),
    ({"resources": [{"type": "hypernet", "weight": 1}]}, Resource("resources", type="hypernetwork", weight=1.0)),
    ({"resources": [{"type": "LyCORIS", "name": "l"}]}, Resource("resources", type="lycoris", name="l")),
    (
        {"additionalResources": [{"name": "l", "type": "lora", "strength": 0.5, "strengthClip": 1}]},
        Resource("additionalResources", type="lora", name="l", weight=0.5),
    ),
    (
        {"additionalResources": [{"name": "urn:air:sdxl:lora:civitai:5@12", "type": "lora", "strength": 0.5}]},
        Resource("additionalResources", version_id=12, type="lora", weight=0.5),
    ),
    ({"hashes": {"model": H1}}, Resource("hashes", type="checkpoint", hash=H1)),
    ({"hashes": {"vae": H1}}, Resource("hashes", type="vae", hash=H1)),
    ({"hashes": {"lora:a: b": H2}}, Resource("hashes", type="lora", name="a: b", hash=H2)),
    ({"hashes": {"LORA:l": H2}}, Resource("hashes", type="lora", name="l", hash=H2)),
    ({"hashes": {"embed:e": H2}}, Resource("hashes", type="embedding", name="e", hash=H2)),
    ({"hashes": {"hypernet:h": H2}}, Resource("hashes", type="hypernetwork", name="h", hash=H2)),
    ({"hashes": [LONG]}, Resource("hashes", hash=LONG)),
    ({"TI hashes": {"easy": H2}}, Resource("hashes", type="embedding", name="easy", hash=H2)),
    ({"TI hashes": f'"easy: {H2}"'}, Resource("hashes", type="embedding", name="easy", hash=H2)),
    ({"models": ["a.safetensors"]}, Resource("models", type="checkpoint", name="a.safetensors")),
    ({"vaes": ["ae.sft"]}, Resource("models", type="vae", name="ae.sft")),
    (
        {"upscalers": ["urn:air:other:upscaler:civitai:147759@164821"]},
        Resource("models", version_id=164821, type="upscaler"),
    ),
    (
        {"Model": "urn:air:sdxl:checkpoint:civitai:827184@1761560"},
        Resource("models", version_id=1761560, type="checkpoint"),
    ),
    (
        {"Model": "urn:air:sdxl:checkpoint:huggingface:a@1"},
        Resource("models", type="checkpoint", name="urn:air:sdxl:checkpoint:huggingface:a@1"),
    ),
    ({"Model": "m", "Model hash": H1}, Resource("models", type="checkpoint", name="m", hash=H1)),
    ({"Model hash": H1}, Resource("models", type="checkpoint", hash=H1)),
    ({"VAE": "v.pt"}, Resource("models", type="vae", name="v.pt")),
    ({"prompt": "a <lora:l:0.8> b"}, Resource("prompt", type="lora", name="l", weight=0.8)),
    ({"prompt": "<LORA:l:-1.5:1>"}, Resource("prompt", type="lora", name="l", weight=-1.5)),
    ({"prompt": "<hypernet:h>"}, Resource("prompt", type="hypernetwork", name="h")),
]


@pytest.mark.parametrize(("meta", "resource"), SAID)
def test_each_place_that_names_a_resource_is_read(meta: object, resource: Resource) -> None:
    assert used(meta) == (resource,)


@pytest.mark.parametrize(
    "meta",
    [
        {"resources": []},
        {"resources": [{}, None, 5, [], "", {"name": " ", "hash": "None"}]},
        {"resources": {"type": "lora"}},
        {"hashes": {"model": None, "vae": "none", "lora:x": 5, "embed:e": {"a": 1}}},
        {"hashes": [None, 7, "no"]},
        {"civitaiResources": [{"modelVersionId": 0}, {"modelVersionId": True}, {"modelVersionId": 2**31}]},
        {"models": [None, 5]},
        {"TI hashes": 5},
        {"TI hashes": "easy"},
        {"prompt": "a < lora : b > c <lora::1> <b:c:1>"},
        {"Model": ["m"]},
    ],
)
def test_what_names_nothing_is_no_resource(meta: object) -> None:
    assert used(meta) == ()


def test_an_unusable_weight_is_unknown_not_zero() -> None:
    assert used({"resources": [{"type": "lora", "name": "l", "weight": "NaN"}]})[0].weight is None


def test_a_weight_of_zero_is_kept() -> None:
    assert used({"civitaiResources": [{"modelVersionId": 1, "weight": 0, "strength": 3}]})[0].weight == 0.0


def test_the_same_version_is_one_resource_and_the_first_source_wins() -> None:
    meta = {
        "civitaiResources": [{"type": "checkpoint", "modelVersionId": 12, "weight": 0.7}],
        "Model": "urn:air:sdxl:lora:civitai:1@12",
    }
    assert used(meta, 12) == (Resource("modelVersionIds", version_id=12, type="checkpoint", weight=0.7),)


def test_the_same_hash_in_any_case_is_one_resource() -> None:
    meta = {
        "hashes": {"model": H1.upper()},
        "resources": [{"type": "model", "name": "m", "hash": H1}],
        "Model hash": H1,
    }
    assert used(meta) == (Resource("resources", type="checkpoint", name="m", hash=H1),)


def test_the_same_file_is_one_resource_that_keeps_weight_and_hash() -> None:
    meta = {"hashes": {"lora:Style": H2}, "models": [], "prompt": "<lora:style:0.6> <lora:style:0.9>"}
    assert used(meta) == (Resource("hashes", type="lora", name="Style", weight=0.6, hash=H2),)


def test_a_file_extension_makes_no_other_file() -> None:
    assert used({"models": ["a.safetensors"], "Model": "A"}) == (Resource("models", type="checkpoint", name="A"),)


def test_a_name_shared_by_two_types_or_two_hashes_stays_two_resources() -> None:
    meta = {
        "resources": [
            {"type": "lora", "name": "x", "hash": H1},
            {"type": "lora", "name": "x", "hash": H2},
            {"type": "embedding", "name": "x"},
        ]
    }
    assert len(used(meta)) == 3


def test_resources_without_a_name_are_never_merged() -> None:
    assert len(used({"resources": [{"type": "lora", "weight": 1}, {"type": "lora", "weight": 1}]})) == 2


def test_resources_come_best_source_first() -> None:
    meta = {
        "prompt": "<lora:p:1>",
        "hashes": {"lora:h": H2},
        "resources": [{"type": "lora", "name": "r"}],
        "civitaiResources": [{"modelVersionId": 5}],
    }
    sources = [resource.source for resource in used(meta, 4)]
    assert sources == ["modelVersionIds", "civitaiResources", "resources", "hashes", "prompt"]


def test_more_than_a_hundred_resources_are_cut_with_a_note() -> None:
    generation = normalise({"steps": 4}, model_version_ids=tuple(range(1, 151)))
    assert generation is not None
    assert [resource.version_id for resource in generation.resources] == list(range(1, 101))
    assert generation.notes == ("resources were cut: the first 100 of 150 are kept",)


def test_version_ids_that_cannot_be_are_left_out() -> None:
    assert [resource.version_id for resource in used({}, 0, -1, 2**31, 9, 9)] == [9]


def test_the_lists_resources_were_read_from_stay_in_additional() -> None:
    meta = {"resources": [{"type": "lora", "name": "l", "vaeHash": "x"}], "hashes": {"model": H1}}
    generation = normalise(meta)
    assert generation is not None
    assert generation.additional == meta
