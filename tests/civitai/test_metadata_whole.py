"""What must hold for every meta: generated ones, and recorded ones where a recording is at hand."""

import json
import re
import string
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from civitai_engagement.civitai.metadata import normalise
from civitai_engagement.civitai.metadata.jsonb import Cleaning
from civitai_engagement.civitai.metadata.keys import folded
from civitai_engagement.records.media import Generation

SAMPLES = Path(__file__).resolve().parents[2] / ".." / "shared" / "civitai-samples"

LARGE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
OFTEN = LARGE.max_examples  # 100, and a quarter of it in `make check`

CARRIER = {
    "prompt": "prompt",
    "negativePrompt": "negative_prompt",
    "steps": "steps",
    "cfgScale": "cfg_scale",
    "CFG scale": "cfg_scale",
    "sampler": "sampler",
    "scheduler": "scheduler",
    "Schedule type": "scheduler",
    "seed": "seed",
    "clipSkip": "clip_skip",
    "Clip skip": "clip_skip",
    "denoise": "denoise",
    "Denoising strength": "denoise",
    "width": "width",
    "height": "height",
    "Model": "model_name",
    "Model hash": "model_hash",
}
CARRIERS = {folded(key): field for key, field in CARRIER.items()}
RESOURCE_KEYS = (
    "Size",
    "comfy",
    "resources",
    "civitaiResources",
    "hashes",
    "additionalResources",
    "models",
    "TI hashes",
    "loras",
    "Lora weights",
    "extra",
    "other",
    "vae",
    "model",
    "Negative prompt",
    "Steps",
)


def assert_all_is_well(meta: object, generation: Generation | None) -> None:
    if generation is None:
        assert meta is None
        return
    cleaned = Cleaning().of(meta)
    said = cleaned if isinstance(cleaned, dict) else {"meta": cleaned}
    lost = [key for key, value in said.items() if not accounted(key, value, generation)]
    assert lost == []
    assert_storable(generation)


def accounted(key: str, value: object, generation: Generation) -> bool:
    if key in generation.additional:
        return key == "comfy" or same(generation.additional[key], value)
    return carried(key, value, generation) or named_as_cut(key, generation.notes)


def carried(key: str, value: object, generation: Generation) -> bool:
    if folded(key) == "size":
        return value in (None, f"{generation.width}x{generation.height}")
    if folded(key) not in CARRIERS:
        return False
    taken = getattr(generation, CARRIERS[folded(key)])
    if isinstance(value, str) and isinstance(taken, int | float):
        return bool(json.loads(value) == taken)
    cut = {"prompt": "prompt was cut", "negativeprompt": "negativePrompt was cut"}.get(folded(key))
    if cut and cut in " ".join(generation.notes):
        return str(value).startswith(taken)
    return same(taken, value)


def same(one: object, other: object) -> bool:
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def named_as_cut(key: str, notes: tuple[str, ...]) -> bool:
    cuts = [note for note in notes if note.startswith("cut, too large to keep: ")]
    return any(
        json.dumps(key[:50], ensure_ascii=False)[:-1] in note or re.search(r"and \d+ more$", note) for note in cuts
    )


def assert_storable(generation: Generation) -> None:
    text = json.dumps(generation.additional, allow_nan=False, ensure_ascii=False)
    assert json.loads(text) == generation.additional
    assert len(text.encode()) <= 16 * 1024
    everything = [text, *generation.notes, repr(generation.resources)]
    everything += [value for field in fields(generation) if isinstance(value := getattr(generation, field.name), str)]
    assert not re.search("[\x00\ud800-\udfff]", "".join(everything))
    assert not re.search(r"(?<!\\)(?:\\\\)*\\u0000", text), "an escaped NUL: jsonb takes none"
    assert len(generation.resources) <= 100


texts = st.text(st.characters(exclude_categories=()), max_size=20)
numbers = st.one_of(st.integers(), st.floats(), st.integers(min_value=-(10**1200), max_value=10**1200))
spelled = st.one_of(
    st.integers().map(str),
    st.floats().map(str),
    st.text(string.digits + "x.,+-e_ ", max_size=12),
    st.sampled_from(
        [
            "dpmpp_2m_karras",
            "512x768",
            "urn:air:a:lora:civitai:1@2",
            "<lora:a:1>",
            "aadddd3d75",
            "karras",
            '[["a", 1]]',
            "<a:1>",
        ]
    ),
)
leaves = st.one_of(st.none(), st.booleans(), numbers, texts, spelled)
keys = st.one_of(
    st.sampled_from([*CARRIER, *RESOURCE_KEYS]),
    st.sampled_from(
        ["type", "name", "hash", "weight", "strength", "modelVersionId", "prompt", "workflow", "id", "meta"]
    ),
    texts,
)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(keys, inner, max_size=5)),
    max_leaves=15,
)
metas = st.one_of(st.dictionaries(keys, values, max_size=12), values)


@given(metas.filter(lambda meta: not (isinstance(meta, dict) and meta.keys() == {"id", "meta"})))
@example({"\\u0000": None})  # six ordinary characters
@example({"a\x00": "\\\x00"})
@settings(LARGE, max_examples=OFTEN * 3 // 2)
def test_no_meta_raises_or_loses_a_key(meta: object) -> None:
    assert_all_is_well(meta, normalise(meta))


@given(st.dictionaries(keys, values, max_size=6), values)
@settings(LARGE, max_examples=OFTEN // 2)
def test_comfy_text_of_any_kind_never_raises(meta: dict[str, object], graph: object) -> None:
    said = {**meta, "comfy": json.dumps(graph)}
    assert_all_is_well(said, normalise(said))


@given(st.dictionaries(keys, st.builds(str.__mul__, texts, st.integers(0, 5_000)), max_size=12))
@settings(LARGE, max_examples=OFTEN // 2)
def test_large_metas_are_cut_and_say_so(meta: dict[str, object]) -> None:
    assert_all_is_well(meta, normalise(meta))


@given(st.dictionaries(keys, values, max_size=8))
@settings(LARGE, max_examples=OFTEN // 2)
def test_the_same_meta_gives_the_same_generation(meta: dict[str, object]) -> None:
    assert repr(normalise(meta)) == repr(normalise(meta))


def recorded() -> Iterator[object]:
    with (SAMPLES / "model-images-2023-07.jsonl").open() as lines:
        yield from (json.loads(line)["image"]["meta"] for line in lines)
    yield from (sample["meta"] for sample in json.loads((SAMPLES / "meta-objects-2023-2026.json").read_text()))
    yield json.loads((SAMPLES / "rest-image-item-98780806.json").read_text())["meta"]


needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="no recording at hand")


@needs_samples
@pytest.mark.slow
def test_every_recorded_meta_is_normalised_without_loss() -> None:
    notes: Counter[str] = Counter()
    for meta in recorded():
        generation = normalise(meta)
        assert_all_is_well(meta, generation)
        notes.update(generation.notes if generation else ())
    print("notes:", dict(notes))  # noqa: T201 - shown with -s, to see what real data makes us say
    assert sum(notes.values()) < 100


@needs_samples
def test_the_recorded_site_metas_are_read_as_a_person_would() -> None:
    samples = {
        sample["imageId"]: sample["meta"]
        for sample in json.loads((SAMPLES / "meta-objects-2023-2026.json").read_text())
    }
    read = {image: generation for image, meta in samples.items() if (generation := normalise(meta))}
    assert [(one.sampler, one.scheduler, one.seed) for one in read.values()] == [
        ("DPM++ 2M", "Karras", 3351508344),
        ("DPM++ 2M SDE", "Karras", 11246505945472473000),
        ("DPM++ 2M", "Karras", 907808944),
        ("Euler", None, 903128894),
        ("Euler a", None, 441238194),
    ]
    assert [len(one.resources) for one in read.values()] == [2, 2, 3, 6, 3]
    assert [one.notes for one in read.values()] == [()] * 5


@needs_samples
def test_the_recorded_comfy_item_with_undefined_workflow_is_read() -> None:
    generation = normalise(json.loads((SAMPLES / "rest-image-item-98780806.json").read_text())["meta"])
    assert generation is not None
    comfy = generation.additional["comfy"]
    assert isinstance(comfy, dict)
    assert len(comfy["prompt"]) == 11
    assert comfy["workflow"] == {}
