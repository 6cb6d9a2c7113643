"""Generation metadata in every shape Civitai's users leave behind; the texts are invented."""

import json
from dataclasses import dataclass
from random import Random
from typing import Any

Meta = dict[str, Any]

SUBJECTS = (
    "a lighthouse",
    "a paper boat",
    "an old tram",
    "a glass fox",
    "a tea house",
    "a clockwork owl",
    "a tide pool",
)
PLACES = (
    "on a salt flat",
    "above the clouds",
    "in a birch wood",
    "under a bridge",
    "in a greenhouse",
    "at the harbour",
)
LIGHTS = ("at dawn", "in fog", "by lantern light", "after rain", "under northern lights", "in hard noon sun")
STYLES = ("gouache", "35mm photo", "isometric render", "ink wash", "linocut", "pastel sketch")
UNWANTED = ("blurry", "watermark", "extra edges", "low contrast", "jpeg artifacts", "text")
SAMPLERS = ("DPM++ 2M Karras", "Euler a", "DPM++ SDE Karras", "DDIM", "UniPC", "dpmpp_2m_sde_gpu", "euler_a", "Heun")
LORA = "softLight"
COMFY_LORA: Meta = {"name": f"{LORA}.safetensors", "type": "lora", "strength": 0.5}
MANY_NODES = json.dumps({"nodes": ["node"] * 9000})
SIZES = ("512x768", "832x1216", "1024x1024", "768x512", "640x960")


@dataclass(frozen=True, slots=True)
class Recipe:
    """What the generator settled before the metadata was written down."""

    model_name: str
    version_id: int
    steps: int
    cfg: float
    lora_version_id: int | None = None


PLAIN = Recipe("plainModel_v1", 500_001, 30, 7)


def ordinary_meta(random: Random, recipe: Recipe) -> Meta:
    """The common form: what a local web interface writes, extras as strings."""
    checkpoint, lora = _local_files(recipe)
    return {
        "Size": random.choice(SIZES),
        "seed": random.randrange(2**32),
        "Model": recipe.model_name,
        "steps": recipe.steps,
        "hashes": {"model": checkpoint["hash"]} | {f"lora:{file['name']}": file["hash"] for file in lora},
        "prompt": prompt(random),
        "sampler": random.choice(SAMPLERS),
        "cfgScale": _js(recipe.cfg),
        "Clip skip": "2",
        "resources": [checkpoint, *lora],
        "Model hash": checkpoint["hash"],
        "negativePrompt": ", ".join(random.sample(UNWANTED, 3)),
        "Denoising strength": "0.4",
    }


def onsite_meta(random: Random, recipe: Recipe) -> Meta:
    """What Civitai's own generator writes: the best link to models."""
    resources: list[Meta] = [{"type": "checkpoint", "modelVersionId": recipe.version_id}]
    if recipe.lora_version_id:
        resources.append({"type": "lora", "weight": 0.8, "modelVersionId": recipe.lora_version_id})
    return {
        "seed": random.randrange(2**32),
        "extra": {"aspectRatio": "13:19", "baseModel": recipe.model_name, "quantity": 1, "priority": "low"},
        "steps": recipe.steps,
        "width": 832,
        "engine": "Civitai",
        "height": 1216,
        "prompt": prompt(random),
        "denoise": 0.3,
        "sampler": "Euler",
        "process": "txt2img",
        "cfgScale": _js(recipe.cfg),
        "clipSkip": 2,
        "quantity": 1,
        "workflow": "txt2img",
        "civitaiResources": resources,
    }


def comfy_meta(random: Random, recipe: Recipe, *, workflow: str = '{"nodes": []}') -> Meta:
    """A ComfyUI graph as text; with `workflow="undefined"` it is not JSON, as often on Civitai."""
    graph = {
        "3": {"class_type": "KSampler", "inputs": {"seed": random.randrange(2**48), "positive": ["6", 0]}},
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": f"{prompt(random)} \u89e3", "clip": ["4", 1]}},
    }
    return {
        "seed": random.randrange(2**48),
        "vaes": ["plain_vae.safetensors"],
        "comfy": f'{{"prompt": {json.dumps(graph)}, "workflow": {workflow}}}',
        "steps": recipe.steps,
        "width": 832,
        "height": 1216,
        "models": [f"{recipe.model_name}.safetensors"],
        "prompt": prompt(random),
        "denoise": 1,
        "sampler": "dpmpp_2m_sde_gpu",
        "cfgScale": _js(recipe.cfg),
        "scheduler": "karras",
        "additionalResources": [COMFY_LORA] if recipe.lora_version_id else [],
    }


def prompt(random: Random) -> str:
    parts = (random.choice(words) for words in (SUBJECTS, PLACES, LIGHTS, STYLES))
    return ", ".join(parts)


def odd_metas(recipe: Recipe = PLAIN) -> dict[str, Meta | None]:
    """Every odd shape of the wild by name, each the same on every call for one recipe, which all but the empty tell."""
    random = Random(20260801)  # noqa: S311 -- synthetic text, no secret
    plain = ordinary_meta(random, recipe)
    return _odd_values(plain, recipe) | _odd_keys(plain) | _odd_comfies(random, recipe) | _odd_tools(random, recipe)


def _odd_values(plain: Meta, recipe: Recipe) -> dict[str, Meta | None]:
    texts = {"steps": str(recipe.steps), "cfgScale": str(recipe.cfg)}
    return {
        "null": None,
        "empty": {},
        "numbers as strings": plain | texts | {"seed": "123456789", "clipSkip": 2},
        "steps as float": plain | {"steps": recipe.steps + 0.5},
        "seed negative": plain | {"seed": -3258557518},
        "seed beyond 2^53": plain | {"seed": 20343595335598760},
        "seed beyond 2^63": plain | {"seed": 17739416935733250000},
        "clip skip with a comma": plain | {"Clip skip": "2,"},
        "size zero": {**_without(plain, "Size"), "width": 0, "height": 0},
        "prompt absent": _without(plain, "prompt"),
        "prompt empty": plain | {"prompt": ""},
        "prompt of tens of kB": plain | {"prompt": ("a very long corridor of doors, " * 1200).strip()},
        "prompt with emoji and lines": plain | {"prompt": "two foxes 🦊🦊\nBREAK\n<lora:inkWash:0.8> (snow:1.2)"},
        "denoise null": plain | {"denoise": None},
        "model as urn": plain | {"Model": f"urn:air:sdxl:checkpoint:civitai:400001@{recipe.version_id}"},
        "malformed date": plain | {"Created Date": "2026-08-26T1757:26.4503095Z"},
    }


def _odd_keys(plain: Meta) -> dict[str, Meta | None]:
    return {
        "control characters": plain | {"prompt": "a \x01torn\x03 map\x08 of\x0b islands"},
        "key fragments": plain
        | {"": "1", '"preprocessor': "canny", "{'Method'": "tiles", "(worst quality": "1.4)", "k" * 211: "long"},
        "hashes as list": plain | {"hashes": ["df3c506e51b7", "46d105afa7aa"]},
        "hashes of all kinds": plain
        | {"hashes": {"model": "00aa11bb22", "LORA:Ink": "aabbccddeeff", "embed:calm": "0123456789", "vae": "99ff"}},
        "resource without name": plain | {"resources": [{"type": "lora", "weight": 0.6}]},
        "resources empty": plain | {"resources": []},
        "textual inversions": plain | {"TI hashes": {"calm": "0123456789ab"}},
    }


def _odd_comfies(random: Random, recipe: Recipe) -> dict[str, Meta | None]:
    graph = json.loads(comfy_meta(random, recipe)["comfy"])
    return {
        "comfy": comfy_meta(random, recipe),
        "comfy undefined": comfy_meta(random, recipe, workflow="undefined"),
        "comfy NaN": comfy_meta(random, recipe, workflow='{"nodes": [{"pos": [NaN]}, {"zoom": NaN}]}'),
        "comfy lone surrogate": comfy_meta(random, recipe, workflow='{"title": "half a fox \\ud83e"}'),
        "comfy null character": comfy_meta(random, recipe, workflow='{"title": "cut\\u0000off"}'),
        "comfy broken": comfy_meta(random, recipe) | {"comfy": '{"prompt": {"3": {"class_type": "KSam'},
        "comfy as object": comfy_meta(random, recipe) | {"comfy": graph},
        "comfy without prompt": _without(comfy_meta(random, recipe), "prompt"),
        "comfy large": comfy_meta(random, recipe, workflow=MANY_NODES),
    }


def _odd_tools(random: Random, recipe: Recipe) -> dict[str, Meta | None]:
    onsite = onsite_meta(random, recipe)
    weightless = [{"modelVersionId": used["modelVersionId"]} for used in onsite["civitaiResources"]]
    other = {"sampler_name": "dpmpp_2m", "loras": "Loras:<Ink.safetensors:1>,<None:0.5>", "start_step": 0}
    return {
        "on site": onsite,
        "on site extra as object": onsite
        | {"extra": {"aspectRatio": {"width": 832, "height": 1216}, "prompt": "again"}},
        "lora without weight": onsite | {"civitaiResources": weightless},
        "another tool": {
            "prompt": prompt(random),
            "software": "PlainTool",
            "other": other,
            "loras": "Ink:1",
            "steps": recipe.steps,
        },
        "external": {"prompt": prompt(random), "external": {"source": {"name": "Elsewhere"}, "details": {"a": 1}}},
    }


def _local_files(recipe: Recipe) -> tuple[Meta, list[Meta]]:
    checkpoint = {"hash": file_hash(recipe.version_id), "name": recipe.model_name, "type": "model"}
    if recipe.lora_version_id is None:
        return checkpoint, []
    return checkpoint, [{"hash": file_hash(recipe.lora_version_id), "name": LORA, "type": "lora", "weight": 0.7}]


def file_hash(version_id: int) -> str:
    """The short hash of a model version's file."""
    return f"{version_id * 2654435761 % 2**40:010x}"


def _without(meta: Meta, name: str) -> Meta:
    return {key: value for key, value in meta.items() if key != name}


def _js(value: float) -> float:
    """JavaScript has one kind of number: 7.0 is written 7."""
    return int(value) if value == int(value) else value
