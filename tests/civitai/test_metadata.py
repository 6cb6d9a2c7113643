import json
from typing import Any

import pytest

from civitai_engagement.civitai.metadata import normalise
from civitai_engagement.records.media import Generation


def read(meta: object) -> Generation:
    generation = normalise(meta)
    assert generation is not None
    return generation


def test_a_null_meta_is_nothing() -> None:
    assert normalise(None) is None


def test_a_null_meta_with_model_versions_still_names_them() -> None:
    generation = normalise(None, model_version_ids=(12, 7))
    assert generation is not None
    assert [resource.version_id for resource in generation.resources] == [12, 7]


def test_an_empty_meta_is_a_generation_that_says_nothing() -> None:
    assert normalise({}) == Generation()


@pytest.mark.parametrize(
    ("nested", "steps"), [({"id": 5, "meta": {"steps": 20}}, 20), ({"id": "5", "meta": {"steps": 20}}, None)]
)
def test_the_nested_form_is_unwrapped_only_when_it_has_an_id(nested: object, steps: int | None) -> None:
    assert read(nested).steps == steps


def test_the_nested_form_of_a_null_meta_is_nothing() -> None:
    assert normalise({"id": 5, "meta": None}) is None


@pytest.mark.parametrize("meta", [[1, 2], "text", 5, True, 0, "", []])
def test_a_meta_that_is_no_object_is_kept_with_a_note(meta: object) -> None:
    generation = read(meta)
    assert generation.additional == {"meta": meta}
    assert generation.notes == ("metadata was not an object",)


CARRIED: list[tuple[dict[str, Any], str, Any]] = [
    ({"prompt": "a cat,\n<lora:x:0.8> 🐈"}, "prompt", "a cat,\n<lora:x:0.8> 🐈"),
    ({"prompt": ""}, "prompt", ""),
    ({"prompt": None}, "prompt", None),
    ({"prompt": "a\x01b\x03c\x08d\x0be"}, "prompt", "a\x01b\x03c\x08d\x0be"),
    ({"negativePrompt": "blurry"}, "negative_prompt", "blurry"),
    ({"steps": 20}, "steps", 20),
    ({"steps": "20"}, "steps", 20),
    ({"steps": 20.0}, "steps", 20),
    ({"steps": 10000}, "steps", 10000),
    ({"cfgScale": 7}, "cfg_scale", 7.0),
    ({"cfgScale": 7.5}, "cfg_scale", 7.5),
    ({"CFG scale": "7"}, "cfg_scale", 7.0),
    ({"CFG scale": "7.5"}, "cfg_scale", 7.5),
    ({"sampler": "Euler a"}, "sampler", "Euler a"),
    ({"scheduler": "Karras"}, "scheduler", "Karras"),
    ({"Schedule type": "Karras"}, "scheduler", "Karras"),
    ({"seed": 3351508344}, "seed", 3351508344),
    ({"seed": "3351508344"}, "seed", 3351508344),
    ({"seed": -1}, "seed", -1),
    ({"seed": -123456789123456780}, "seed", -123456789123456780),
    ({"seed": 17739416935733250000}, "seed", 17739416935733250000),
    ({"seed": "17739416935733250000"}, "seed", 17739416935733250000),
    ({"seed": 1e25}, "seed", int(1e25)),
    ({"seed": 0}, "seed", 0),
    ({"clipSkip": 2}, "clip_skip", 2),
    ({"Clip skip": 2}, "clip_skip", 2),
    ({"Clip skip": "2"}, "clip_skip", 2),
    ({"Clip skip": "2", "clipSkip": 2}, "clip_skip", 2),
    ({"denoise": 0.3}, "denoise", 0.3),
    ({"denoise": None}, "denoise", None),
    ({"denoise": 0}, "denoise", 0.0),
    ({"Denoising strength": "0.4"}, "denoise", 0.4),
    ({"denoise": None, "Denoising strength": None}, "denoise", None),
    ({"Size": "832x1216"}, "width", 832),
    ({"Size": "832x1216"}, "height", 1216),
    ({"Size": "832x1216", "width": 832, "height": 1216}, "height", 1216),
    ({"width": 832, "height": "1216"}, "height", 1216),
    ({"Model": "deliberate_v3"}, "model_name", "deliberate_v3"),
    ({"Model hash": "aadddd3d75"}, "model_hash", "aadddd3d75"),
    ({"model": "deliberate_v3"}, "model_name", "deliberate_v3"),
    ({"model_name": "deliberate_v3"}, "model_name", "deliberate_v3"),
    ({"Negative prompt": "blurry"}, "negative_prompt", "blurry"),
    ({"uc": "blurry"}, "negative_prompt", "blurry"),
    ({"positive_prompt": "a fox"}, "prompt", "a fox"),
    ({"Steps": "20"}, "steps", 20),
    ({"cfg_scale": 7}, "cfg_scale", 7.0),
    ({"Seed": 5}, "seed", 5),
    ({"clip_skip": 2}, "clip_skip", 2),
    ({"denoising_strength": 0.4}, "denoise", 0.4),
    ({"size": "832x1216"}, "height", 1216),
]


@pytest.mark.parametrize(("meta", "field", "value"), CARRIED)
def test_a_value_that_a_field_carries_exactly_is_not_said_twice(meta: object, field: str, value: object) -> None:
    generation = read(meta)
    assert getattr(generation, field) == value
    assert not isinstance(getattr(generation, field), bool)
    assert generation.additional == {}
    assert generation.notes == ()


BESIDES: list[tuple[dict[str, Any], str, Any, dict[str, Any]]] = [
    ({"Clip skip": "2,"}, "clip_skip", 2, {"Clip skip": "2,"}),
    ({"steps": " 20 "}, "steps", 20, {"steps": " 20 "}),
    ({"seed": "007"}, "seed", 7, {"seed": "007"}),
    ({"seed": "1e25"}, "seed", int(1e25), {"seed": "1e25"}),
    ({"Denoising strength": ".40"}, "denoise", 0.4, {"Denoising strength": ".40"}),
    ({"clipSkip": 2, "Clip skip": "1"}, "clip_skip", 2, {"Clip skip": "1"}),
    ({"clipSkip": None, "Clip skip": 2}, "clip_skip", 2, {"clipSkip": None}),
    ({"denoise": None, "Denoising strength": "0.5"}, "denoise", 0.5, {"denoise": None}),
    ({"cfgScale": 2**53 + 1}, "cfg_scale", 2.0**53, {"cfgScale": 2**53 + 1}),
    ({"sampler": "dpmpp_2m_sde_gpu"}, "sampler", "DPM++ 2M SDE", {"sampler": "dpmpp_2m_sde_gpu"}),
    ({"sampler": "DPM++ 2M Karras"}, "sampler", "DPM++ 2M", {"sampler": "DPM++ 2M Karras"}),
    ({"sampler": "DPM++ 2M Karras"}, "scheduler", "Karras", {"sampler": "DPM++ 2M Karras"}),
    (
        {"sampler": "DPM++ 2M Karras", "scheduler": "Simple"},
        "scheduler",
        "Simple",
        {"sampler": "DPM++ 2M Karras"},
    ),
    ({"scheduler": "karras"}, "scheduler", "Karras", {"scheduler": "karras"}),
    ({"sampler": " My Own "}, "sampler", "My Own", {"sampler": " My Own "}),
    ({"sampler": ""}, "sampler", None, {"sampler": ""}),
    ({"Model": "  padded"}, "model_name", "padded", {"Model": "  padded"}),
    ({"Model hash": "0xAADDDD3D75"}, "model_hash", "aadddd3d75", {"Model hash": "0xAADDDD3D75"}),
    ({"model": {"name": "m", "base": "sdxl"}}, "model_name", "m", {"model": {"name": "m", "base": "sdxl"}}),
    ({"Model": "a", "model": "b"}, "model_name", "a", {"model": "b"}),
    ({"Model": "None", "model": "b"}, "model_name", "b", {"Model": "None"}),
    ({"Size": "832 X 1216"}, "width", 832, {"Size": "832 X 1216"}),
    ({"Size": "512x768", "width": 832, "height": 1216}, "width", 832, {"Size": "512x768"}),
    ({"Size": "512x768", "width": 832}, "height", None, {"Size": "512x768"}),
]


@pytest.mark.parametrize(("meta", "field", "value", "additional"), BESIDES)
def test_a_value_that_loses_something_when_read_is_kept_beside_the_field(
    meta: object, field: str, value: object, additional: object
) -> None:
    generation = read(meta)
    assert getattr(generation, field) == value
    assert generation.additional == additional
    assert generation.notes == ()


UNREADABLE: list[tuple[str, str, Any]] = [
    ("steps", "steps", 20.5),
    ("steps", "steps", "many"),
    ("steps", "steps", True),
    ("steps", "steps", 0),
    ("steps", "steps", -4),
    ("steps", "steps", 2**31),
    ("steps", "steps", [20]),
    ("cfgScale", "cfg_scale", False),
    ("cfgScale", "cfg_scale", 10**400),
    ("cfgScale", "cfg_scale", "1e999"),
    ("cfgScale", "cfg_scale", {"value": 7}),
    ("seed", "seed", "x-"),
    ("seed", "seed", 10**1001),
    ("seed", "seed", "1" * 2000),
    ("seed", "seed", "٣"),
    ("clipSkip", "clip_skip", "two"),
    ("clipSkip", "clip_skip", 2**31),
    ("denoise", "denoise", "0,4"),
    ("width", "width", 0),
    ("height", "height", 0),
    ("Size", "width", "big"),
    ("Size", "width", "0x0"),
    ("Size", "width", 512),
    ("Size", "width", "999999999999x1"),
    ("Model", "model_name", ["a.safetensors"]),
    ("Model", "model_name", "m" * 501),
    ("Model hash", "model_hash", 12345678),
    ("prompt", "prompt", 5),
    ("prompt", "prompt", ["a", "b"]),
    ("negativePrompt", "negative_prompt", {"text": "blurry"}),
    ("sampler", "sampler", 3),
    ("scheduler", "scheduler", {"name": "karras"}),
]


@pytest.mark.parametrize(("key", "field", "value"), UNREADABLE)
def test_what_a_field_cannot_carry_stays_as_it_came_and_is_named(key: str, field: str, value: object) -> None:
    generation = read({key: value})
    assert getattr(generation, field) is None
    assert generation.additional == {key: value}
    assert generation.notes == (f'kept as they came, not readable: "{key}"',)


def test_a_zero_width_is_unknown_and_the_size_text_fills_in() -> None:
    generation = read({"width": 0, "height": 0, "Size": "832x1216"})
    assert (generation.width, generation.height) == (832, 1216)
    assert generation.additional == {"width": 0, "height": 0}


@pytest.mark.parametrize(
    ("value", "kept"), [(float("nan"), "NaN"), (float("inf"), "Infinity"), (float("-inf"), "-Infinity")]
)
def test_numbers_that_are_not_finite_become_text_and_never_a_field(value: float, kept: str) -> None:
    generation = read({"cfgScale": value, "extra": [value]})
    assert generation.cfg_scale is None
    assert generation.additional == {"cfgScale": kept, "extra": [kept]}
    assert "numbers that are not finite were kept as text" in generation.notes


def test_an_integer_too_long_for_python_to_write_is_kept_as_hexadecimal() -> None:
    generation = read({"seed": 1 << 20_000})
    assert generation.seed is None
    assert generation.additional["seed"] == hex(1 << 20_000)
    json.dumps(generation.additional)


def test_nul_and_lone_surrogates_leave_every_text_and_key() -> None:
    generation = read({"prompt": "a\x00b", "k\ud83d": [{"\x00": "\udc00x"}], "Model": "\x00"})
    assert generation.prompt == "ab"
    assert generation.additional == {"k": [{"": "x"}], "Model": ""}
    assert generation.notes == ("NUL characters and lone surrogates were taken out",)


def test_two_keys_that_become_the_same_are_both_kept() -> None:
    assert read({"a": 1, "a\x00": 2, "a\x00\x00": 3}).additional == {"a": 1, "a (1)": 2, "a (2)": 3}


def test_a_key_renamed_takes_no_other_keys_place() -> None:
    meta = {"a": 1, "a (1)": 2, "a\x00": 3, "a (2)": 4}
    assert read(meta).additional == {"a": 1, "a (1)": 2, "a (2)": 3, "a (2) (3)": 4}


def test_keys_are_data_whatever_they_spell() -> None:
    meta = {
        "": "",
        '"preprocessor': "x",
        "{'Method'": "y",
        "(worst quality": 1,
        "__class__": 2,
        "%s{0}": 3,
        "k" * 211: 4,
    }
    assert read(meta).additional == meta


def test_nesting_ten_thousand_deep_is_cut_with_a_note() -> None:
    deep: list[object] = []
    for _ in range(10_000):
        deep = [deep]
    generation = read({"extra": deep})
    assert "what is nested deeper than 32 levels was cut" in generation.notes
    assert json.dumps(generation.additional).count("[") < 40


def test_what_json_cannot_say_is_kept_as_text() -> None:
    assert read({"extra": (1, 2), 5: b"x"}).additional == {"extra": "(1, 2)", "5": "b'x'"}


def test_a_prompt_over_64_kb_is_cut_between_characters_with_a_note() -> None:
    generation = read({"prompt": "é" * 40_000, "negativePrompt": "x" * 65_536})
    assert generation.prompt == "é" * 32_768
    assert generation.negative_prompt == "x" * 65_536
    assert generation.notes == ("prompt was cut: the first 65536 bytes are kept",)


def test_additional_is_capped_by_dropping_the_largest_keys_whole() -> None:
    generation = read({"a": "x" * 10_000, "b": "y" * 12_000, "c": "z" * 5_000, "d": 1})
    assert list(generation.additional) == ["a", "c", "d"]
    assert generation.notes == ('cut, too large to keep: "b"',)


def test_additional_that_just_fits_is_kept_whole() -> None:
    meta = {"a": "x" * (16_384 - len('{"a": ""}'))}
    assert read(meta).additional == meta
    assert read({"a": meta["a"] + "x"}).additional == {}


def test_many_cut_keys_are_counted_and_long_names_shortened() -> None:
    generation = read({f"{index:03}{'k' * 1_000}": "v" * 1_000 for index in range(100)})
    (note,) = generation.notes
    assert note.endswith(f" and {100 - len(generation.additional) - 50} more")
    assert len(note) < 12_000


@pytest.mark.slow
def test_a_meta_of_very_many_keys_is_cut_like_any_other() -> None:
    assert 0 < len(read({f"k{index}": index for index in range(60_000)}).additional) < 1_500


def test_very_many_keys_that_become_the_same_are_kept_apart() -> None:
    meta = {"a" + "\x00" * (index // 2_000) + chr(0xD800 + index % 2_000): index for index in range(20_000)}
    assert 0 < len(read(meta).additional) < 1_500


GRAPH: dict[str, Any] = {"prompt": {"3": {"class_type": "KSampler", "inputs": {"seed": 5}}}, "workflow": {}}


@pytest.mark.parametrize(
    ("comfy", "kept"),
    [
        (json.dumps(GRAPH), GRAPH),
        (GRAPH, GRAPH),
        (json.dumps(GRAPH).replace('"workflow": {}', '"workflow": undefined'), GRAPH),
        (
            '{"prompt": {"1": {"inputs": {"x": NaN, "y": [NaN]}}}}',
            {"prompt": {"1": {"inputs": {"x": "NaN", "y": ["NaN"]}}}},
        ),
        ('{"prompt": {"1": {"text": "a\\u0000b\\ud83d"}}}', {"prompt": {"1": {"text": "ab"}}}),
        ('{"prompt": {"1": "\\u89e3 \\"workflow\\": undefined"}}', {"prompt": {"1": '解 "workflow": undefined'}}),
        ("", ""),
        (None, None),
        ([], []),
    ],
)
def test_a_comfy_graph_is_read_where_it_can_be(comfy: object, kept: object) -> None:
    generation = read({"comfy": comfy})
    assert generation.additional == {"comfy": kept}
    assert "comfy text could not be read" not in generation.notes


@pytest.mark.parametrize("comfy", ["not json", '{"prompt": {', "[" * 100_000, "1" * 5_000, '{"a": undefined}'])
def test_comfy_text_that_cannot_be_read_is_kept_raw_and_capped(comfy: str) -> None:
    generation = read({"comfy": comfy})
    assert generation.additional == {"comfy": comfy[:6_000]}
    assert generation.notes[0] == "comfy text could not be read"


def test_of_a_large_comfy_graph_the_first_nodes_are_kept_and_the_cut_is_noted() -> None:
    nodes = {str(index): {"inputs": {"text": "x" * 1_000}} for index in range(20)}
    generation = read({"comfy": json.dumps({"prompt": nodes, "workflow": {"nodes": []}}), "steps": 4})
    assert generation.additional == {"comfy": {"prompt": {str(index): nodes[str(index)] for index in range(5)}}}
    assert generation.notes == ("comfy was cut: 5 of 20 nodes are kept, and no workflow",)


def test_a_node_that_is_too_large_does_not_cost_the_nodes_after_it() -> None:
    nodes = {"1": {"inputs": {"image": "x" * 10_000}}, "2": {"inputs": {"text": "a fox"}}}
    generation = read({"comfy": {"prompt": nodes}})
    assert generation.additional == {"comfy": {"prompt": {"2": nodes["2"]}}}
    assert generation.notes == ("comfy was cut: 1 of 2 nodes are kept, and no workflow",)


def test_a_large_comfy_value_without_nodes_is_cut_to_nothing_with_a_note() -> None:
    generation = read({"comfy": ["x" * 10_000]})
    assert generation.additional == {"comfy": {"prompt": {}}}
    assert generation.notes == ("comfy was cut: 0 of 0 nodes are kept, and no workflow",)


def test_nothing_is_guessed_from_a_graph() -> None:
    generation = read({"comfy": json.dumps(GRAPH)})
    assert generation.seed is None
