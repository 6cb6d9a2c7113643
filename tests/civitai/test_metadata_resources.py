import json
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
    ({"resources": [{"type": "LyCORIS", "name": "l"}]}, Resource("resources", type="lora", name="l")),
    ({"resources": [{"type": "Textual Inversion", "name": "e"}]}, Resource("resources", type="embedding", name="e")),
    ({"resources": [{"name": "l", "hash": f"0x{H1}"}]}, Resource("resources", name="l", hash=H1)),
    ({"resources": [{"name": "l", "hash": f"0X{LONG.upper()}"}]}, Resource("resources", name="l", hash=LONG)),
    ({"controlNets": ["canny"]}, Resource("models", type="controlnet", name="canny")),
    ({"Refiner": f"r [{H1}]"}, Resource("models", type="checkpoint", name="r", hash=H1)),
    (
        {"resources": [{"name": "x", "air": "urn:air:sd1:lycoris:civitai:5@12", "weight": 1}]},
        Resource("resources", version_id=12, type="lora", name="x", weight=1.0),
    ),
    (
        {"additionalResources": [{"name": "x", "strength": 0.6, "air": "air:sdxl:lora:civitai:5@12+7.safetensors"}]},
        Resource("additionalResources", version_id=12, type="lora", name="x", weight=0.6),
    ),
    *(
        ({"Model": air}, Resource("models", version_id=12, type="checkpoint"))
        for air in (
            "urn:air:sdxl:checkpoint:civitai:5@12.safetensors",
            "urn:air:sdxl:checkpoint:civitai:5@12+34567",
            "urn:air:sdxl:checkpoint:civitai:5@12+34567.ckpt",
            "URN:AIR:flux/1:Model:civitai:5@12:layer.pt",
            "air:sdxl:checkpoint:civitai:5@12",
            "civitai:5@12",
            "urn:air:sdxl:checkpoint:civitai:5@12?type=Model&format=SafeTensor",
            "urn:air:sdxl:checkpoint:civitai:5@12#files",
            "urn:air:sdxl:checkpoint:civitai:5@12/base.safetensors",
            "<urn:air:sdxl:checkpoint:civitai:5@12>",
            "urn%3Aair%3Asdxl%3Acheckpoint%3Acivitai%3A5%4012",
            "https://civitai.com/models/5/some-name?modelVersionId=12",
            "civitai.com/models/5?a=b&modelVersionId=12#reviews",
            "https://civitai.com/api/download/models/12?type=Model",
        )
    ),
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
    ({"prompt": "<embed:e> a fox"}, Resource("prompt", type="embedding", name="e")),
    (
        {"prompt": "<lora:urn:air:sdxl:lora:civitai:5@12:0.8>"},
        Resource("prompt", version_id=12, type="lora", weight=0.8),
    ),
    ({"model": "m", "hashes": {"model": H1}}, Resource("models", type="checkpoint", name="m", hash=H1)),
    ({"vae": "v.pt", "hashes": {"VAE": H1}}, Resource("models", type="vae", name="v.pt", hash=H1)),
    ({"model_name": "m", "model_hash": H1}, Resource("models", type="checkpoint", name="m", hash=H1)),
    ({"refiner": "r", "refiner_hash": f"0x{H1}"}, Resource("models", type="checkpoint", name="r", hash=H1)),
    (
        {"Hypernet": "h", "Hypernet hash": H1, "Hypernet strength": "0.9"},
        Resource("models", type="hypernetwork", name="h", weight=0.9, hash=H1),
    ),
    ({"Model": "baked"}, Resource("models", type="checkpoint", name="baked")),
    ({"Model": f"m ({H1})"}, Resource("models", type="checkpoint", name="m", hash=H1)),
    ({"Hashes": {"model": H1}}, Resource("hashes", type="checkpoint", hash=H1)),
    ({"hashes": json.dumps({"model": H1})}, Resource("hashes", type="checkpoint", hash=H1)),
    ({"hashes": {"easy.pt": H2}}, Resource("hashes", name="easy.pt", hash=H2)),
    ({"hashes": json.dumps({"lora:a\x00b": H2})}, Resource("hashes", type="lora", name="ab", hash=H2)),
    (
        {"Civitai resources": json.dumps([{"type": "checkpoint", "modelVersionId": 12}])},
        Resource("civitaiResources", version_id=12, type="checkpoint"),
    ),
    (
        {"extra": {"resources": [{"modelVersionId": 12, "strength": 0.5, "type": "LORA"}]}},
        Resource("civitaiResources", version_id=12, type="lora", weight=0.5),
    ),
    (  # InvokeAI
        {"model": {"key": "k", "hash": f"blake3:{LONG}", "name": "m", "type": "main"}},
        Resource("models", type="checkpoint", name="m", hash=LONG),
    ),
    (
        {"loras": [{"model": {"name": "l", "type": "lora"}, "weight": 0.5}]},
        Resource("models", type="lora", name="l", weight=0.5),
    ),
    (
        {"loras": [{"lora": {"model_name": "l"}, "weight": 0.5}]},
        Resource("models", type="lora", name="l", weight=0.5),
    ),
    (  # Draw Things
        {"lora": [{"model": "l_f16.ckpt", "weight": 0.6}]},
        Resource("models", type="lora", name="l_f16.ckpt", weight=0.6),
    ),
    (  # RuinedFooocus, as it was and as it is
        {"other": {"loras": "Loras:<ink/l.safetensors:0.7>,<None:0.5>,<None:0.5>"}},
        Resource("models", type="lora", name="ink/l.safetensors", weight=0.7),
    ),
    (
        {"other": {"loras": [[H1.upper(), r"0.7 - ink\\l.safetensors"]]}},
        Resource("models", type="lora", name=r"ink\\l.safetensors", weight=0.7, hash=H1),
    ),
    (  # Fooocus
        {"loras": [["l", 0.7, H1]]},
        Resource("models", type="lora", name="l", weight=0.7, hash=H1),
    ),
    ({"Lora weights": "l: 0.7"}, Resource("models", type="lora", name="l", weight=0.7)),
    *(
        ({"resources": [{"name": "l", "hash": hashed}]}, Resource("resources", name="l", hash=H1))
        for hashed in (f"[{H1}]", f"AutoV2:{H1}", f"sha256={H1}", f"SHA-256: {H1.upper()}", f'"{H1}"', f"#{H1}")
    ),
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
        {"prompt": "<lora:None:1> <lora:undefined:0.5>"},
        {"loras": "<None:0.5>,<None:0.5>"},
        {"loras": [["None", 0.5], ["", 1], []]},
        {"vaes": ["Baked VAE", "Automatic"], "VAE": "Default (model)"},
        {"models": ["None.safetensors", "loras/undefined.pt"]},
        {"Refiner": "(None)", "vae": "built-in"},
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


ONE: list[dict[str, Any]] = [
    {"VAE": "v.safetensors", "hashes": {"vae": H1}},
    {"Model": "m", "hashes": {"model": H1}},
    {"Model": "m", "Model hash": H1, "hashes": {"model": H1 + "0" * 54}},
    {"Refiner": "r", "hashes": {"refiner": H1}},
    {"Refiner": f"r.safetensors [{H1}]", "hashes": {"refiner": H1}},
    {"prompt": "<lora:foo:0.5>", "resources": [{"type": "lycoris", "name": "foo", "weight": 0.5}]},
    {"prompt": "<lyco:foo:0.5>", "resources": [{"type": "LoCon", "name": "foo"}]},
    {"prompt": "<lora:foo:1>", "resources": [{"type": "DoRA", "name": r"style\sub\foo.SAFETENSORS"}]},
    {"prompt": "<lora:folder/Foo:1>", "hashes": {"lora:foo": H1}},
    {"models": ["SDXL/base.safetensors"], "Model": "base.CKPT"},
    {"hashes": {"lora:foo": H1}, "Lora hashes": f"foo: {H2}"},
    {"hashes": {"lora:foo": H1}, "Lora hashes": f'"foo: {H2}"', "prompt": "<lora:foo:1>"},
    {"resources": [{"type": "lora", "name": "a", "hash": LONG[:10]}, {"type": "lora", "hash": LONG}]},
    {"resources": [{"type": "lora", "name": "a", "hash": LONG[:8]}], "hashes": {"lora:b": LONG[:12]}},
    {"resources": [{"type": "lora", "name": "a", "hash": f"0x{LONG[:12]}"}], "hashes": [LONG.upper()]},
    {"additionalResources": [{"name": "foo", "strength": 1}], "prompt": "<lora:foo:1>"},
    {"civitaiResources": [{"modelVersionId": 12}], "additionalResources": [{"name": "x", "air": "civitai:5@12"}]},
    {"Model": "urn:air:sdxl:checkpoint:civitai:5@12", "hashes": {"model": H1}, "Model hash": H1},
    {"civitaiResources": [{"modelVersionId": 12}], "extra": {"resources": [{"modelVersionId": 12, "strength": 1}]}},
    {"prompt": "<lora:urn:air:sdxl:lora:civitai:5@12:0.8>", "civitaiResources": [{"modelVersionId": 12}]},
    {"Model": "sdxl_base_1.0", "resources": [{"type": "model", "name": "sdxl_base_1", "hash": H1}]},
    {"prompt": "<lora:foo:1>", "Lora weights": {"foo": "0.7"}, "Lora hashes": {"foo": H1}},
    {"Model": "urn:air:sdxl:checkpoint:civitai:5@12", "hashes": {"model": H1}},
    {"vae": "sub/v.safetensors", "VAE": "v", "vaes": ["v.pt"], "hashes": {"vae": H1}},
]


@pytest.mark.parametrize("meta", ONE)
def test_one_thing_said_in_several_ways_is_one_resource(meta: dict[str, Any]) -> None:
    assert len(used(meta)) == 1


@pytest.mark.parametrize(
    "meta",
    [
        {"resources": [{"type": "lora", "name": "a", "hash": H1}], "hashes": {"lora:a": "0123456789"}},
        {"resources": [{"type": "lora", "name": "a", "hash": H1}], "hashes": {"lora:a": LONG}},
        {"Model": "m", "Refiner": "r"},
        {"prompt": "<lora:foo:1> <lora:foo2:1>"},
        {"Model": "foo", "prompt": "<lora:foo:1>"},
        {"resources": [{"type": "lora", "modelVersionId": 5, "name": "a"}, {"modelVersionId": 6, "name": "a"}]},
        {"models": ["v1.5"], "Model": "v1.0"},
        {"prompt": "<lora:v1.5:1>", "hashes": {"lora:v1": H1}},
        {"hashes": {"embed:a": "e3b0c44298fc", "embed:b": "e3b0c44298fc"}},
        {"TI hashes": {"a": "e3b0c44298fc", "b": "e3b0c44298fc"}},
        {"resources": [{"name": "a", "hash": "0000000000"}, {"name": "b", "hash": "0000000000"}]},
    ],
)
def test_two_things_are_two_resources(meta: dict[str, Any]) -> None:
    assert len(used(meta)) == 2


PLACEHOLDERS = [
    "Undefined",
    "undefined",
    "null",
    "None",
    " NaN ",
    "N/A",
    "nil",
    "(none)",
    "<None>",
    "-",
    "[object Object]",
]


@pytest.mark.parametrize("nothing", [*PLACEHOLDERS, "", " ", None, "None.safetensors"])
@pytest.mark.parametrize("key", ["resources", "additionalResources", "civitaiResources", "loras"])
def test_a_resource_that_is_called_nothing_is_none(key: str, nothing: str | None) -> None:
    assert used({key: [{"type": "lora", "name": nothing, "weight": 1, "strength": 1}], "steps": 5}) == ()


def test_a_resource_that_is_called_nothing_still_has_its_version_or_its_hash() -> None:
    meta = {"resources": [{"name": "undefined", "modelVersionId": 12}, {"name": "None", "hash": H1}]}
    assert [(one.version_id, one.hash, one.name) for one in used(meta)] == [(12, None, None), (None, H1, None)]


def test_a_hash_of_no_bytes_is_unknown() -> None:
    assert used({"hashes": {"embed:a": "e3b0c44298fc"}}) == (Resource("hashes", type="embedding", name="a"),)


@pytest.mark.parametrize("nothing", [*PLACEHOLDERS, "unknown"])
def test_what_programs_write_for_nothing_is_nothing(nothing: str) -> None:
    meta = {"Model": nothing, "sampler": nothing, "scheduler": nothing, "VAE": nothing, "steps": 5}
    generation = normalise(meta)
    assert generation is not None
    assert (generation.model_name, generation.sampler, generation.scheduler) == (None, None, None)
    assert (generation.resources, generation.notes) == ((), ())


def test_a_vae_that_nobody_chose_is_no_resource() -> None:
    assert used({"VAE": "Automatic"}) == ()


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
