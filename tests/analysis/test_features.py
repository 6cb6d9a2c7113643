"""How a media was made, read off what was recorded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civitai_engagement.analysis.features import family_of, features, phrases
from civitai_engagement.civitai.metadata import normalise
from civitai_engagement.records.features import Features
from civitai_engagement.records.media import Generation, Resource
from civitai_engagement.sandbox.metadata import odd_metas


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("A lighthouse, at dawn", ("a lighthouse", "at dawn")),
        ("a fox. a fox, A  FOX", ("a fox",)),
        ("(masterpiece:1.2), ((best quality)), [[haze:0.8]]", ("masterpiece", "best quality", "haze")),
        ("soft_light, <lora:ink:0.8>, <hypernet:x>tram", ("soft light", "tram")),
        ("one BREAK two\nthree", ("one", "two", "three")),
        ("x, " + "y" * 61 + ", ok", ("ok",)),
        (r"\(escaped\) words", ("escaped words",)),
        ("cafe\u0301", ("café",)),
        ("", ()),
    ],
)
def test_a_prompt_is_parted_into_phrases(prompt: str, said: tuple[str, ...]) -> None:
    assert phrases(prompt) == said


def test_no_prompt_has_more_than_sixty_four_phrases() -> None:
    assert len(phrases(", ".join(f"word {n}" for n in range(500)))) == 64


@given(st.text(max_size=300))
def test_any_prompt_can_be_parted_and_parting_again_changes_nothing(prompt: str) -> None:
    told = phrases(prompt)
    assert all(2 <= len(one) <= 60 for one in told)
    assert len(set(told)) == len(told)


@pytest.mark.parametrize(
    ("base_model", "family"),
    [
        ("Wan Video 2.2 I2V-A14B", "Wan"),
        ("Wan Image 2.7", "Wan"),
        ("SDXL Lightning", "SDXL"),
        ("SD 1.5 LCM", "SD 1"),
        ("SD 3.5 Large Turbo", "SD 3"),
        ("Pony", "Pony"),
        ("Pony V7", "Pony V7"),
        ("Flux.1 D", "Flux.1"),
        ("Flux.2 Klein 4B", "Flux.2"),
        ("Something New", "Something New"),
        ("Pony + Illustrious", "Pony + Illustrious"),
        ("SDXL 1.0 + SDXL Turbo", "SDXL"),
        ("", None),
        (None, None),
    ],
)
def test_base_models_have_families(base_model: str | None, family: str | None) -> None:
    assert family_of(base_model) == family


@pytest.mark.parametrize(
    ("size", "shape"), [((832, 1216), "tall"), ((1024, 1000), "square"), ((1216, 832), "wide"), ((0, 5), None)]
)
def test_a_shape_is_tall_square_or_wide(size: tuple[int, int], shape: str | None) -> None:
    told = features(None, width=size[0], height=size[1])
    assert told.shape == shape
    assert (told.megapixels is None) == (shape is None)


def test_a_media_that_tells_nothing_has_no_parameters_and_is_no_zero() -> None:
    told = features(None, base_model="SDXL 1.0")
    assert told == Features(has_parameters=False, base_family="SDXL")
    assert features(Generation(resources=(Resource("modelVersionIds", version_id=5),))).has_parameters is False


@pytest.mark.parametrize(
    ("more", "is_hires"),
    [
        ({"Hires upscale": "2"}, True),
        ({"workflow": "txt2img-hires"}, True),
        ({"Hires upscale": ""}, False),
        ({"workflow": "txt2img"}, False),
        ({}, False),
    ],
)
def test_every_tool_has_its_word_for_enlarging(more: dict[str, object], is_hires: bool) -> None:
    assert features(Generation(steps=20, additional=more)).is_hires is is_hires


def test_loras_and_checkpoints_go_by_their_name_else_by_their_number() -> None:
    used = (
        Resource("resources", type="checkpoint", name="harbourMix.safetensors"),
        Resource("resources", type="lora", name="ink.safetensors", weight=0.5),
        Resource("civitaiResources", type="lora", version_id=77, weight=0.7),
        Resource("resources", type="lora", name="ink"),
    )
    told = features(Generation(prompt="a fox", resources=used))
    assert (told.checkpoint, told.loras) == ("harbourMix", ("ink", "version 77"))
    assert told.lora_weight == pytest.approx(0.6)


def test_a_file_goes_by_one_name_in_every_folder_and_one_without_a_name_by_its_hash() -> None:
    used = (
        Resource("resources", type="lora", name=r"styles\ink.SAFETENSORS"),
        Resource("models", type="lora", name="styles/ink"),
        Resource("hashes", type="lora", hash="aadddd3d75"),
        Resource("resources", type="lora", weight=1.0),
    )
    assert features(Generation(prompt="a fox", resources=used)).loras == ("hash aadddd3d75", "ink")


@pytest.mark.parametrize(("seed", "odd"), [(3, True), (4, False), (-3258557519, True), (None, None)])
def test_a_seed_is_odd_or_even_or_unknown(seed: int | None, odd: bool | None) -> None:
    assert features(Generation(steps=1, seed=seed)).is_seed_odd is odd


@pytest.mark.parametrize("name", list(odd_metas()))
def test_every_odd_shape_of_the_wild_is_read_without_complaint(name: str) -> None:
    told = features(normalise(odd_metas()[name]))
    assert told.has_parameters or name in {"null", "empty"}
