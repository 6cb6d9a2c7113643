"""How one media was made, whole: what worked in its growth, and the metadata that tell it."""

import json
from dataclasses import dataclass

from civitai_engagement.sandbox.catalogue import ModelVersion
from civitai_engagement.sandbox.metadata import Meta, file_hash

SAMPLERS = {"DPM++ 2M": "dpmpp_2m", "DPM++ SDE": "dpmpp_sde", "Euler a": "euler_ancestral", "DDIM": "ddim"}
SCHEDULERS = ("Karras", "Normal", "Exponential")
FORMS = ("local", "onsite", "comfy")


@dataclass(frozen=True, slots=True)
class Making:
    """Everything a generator was told; a media's growth is computed from this and its metadata say nothing else."""

    version: ModelVersion
    loras: tuple[ModelVersion, ...]
    steps: int
    cfg: float
    sampler: str
    scheduler: str
    is_hires: bool
    width: int
    height: int
    clip_skip: int
    denoise: float
    seed: int
    phrases: tuple[str, ...]
    unwanted: tuple[str, ...]

    @property
    def prompt(self) -> str:
        return ", ".join(self.phrases)

    def shown(self, form: str) -> Meta | None:
        """Tell it in one of the forms of the wild; `hidden` tells nothing."""
        forms = {"local": self._local, "onsite": self._onsite, "comfy": self._comfy}
        return forms[form]() if form in forms else None

    def _plain(self) -> Meta:
        return {
            "seed": self.seed,
            "steps": self.steps,
            "prompt": self.prompt,
            "cfgScale": int(self.cfg) if self.cfg.is_integer() else self.cfg,
            "negativePrompt": ", ".join(self.unwanted),
        }

    def _local(self) -> Meta:
        """What a local web interface writes, extras as strings."""
        files = {"model": self.version} | {f"lora:{lora.model_name}": lora for lora in self.loras}
        hires = {"Hires upscale": "2", "Hires upscaler": "Latent"} if self.is_hires else {}
        return {
            **self._plain(),
            "Size": f"{self.width}x{self.height}",
            "Model": self.version.model_name,
            "sampler": self.sampler,
            "Schedule type": self.scheduler,
            "Clip skip": str(self.clip_skip),
            "Denoising strength": str(self.denoise),
            "hashes": {name: file_hash(version.id) for name, version in files.items()},
            "resources": [_file("model", self.version), *({**_file("lora", one), "weight": 0.7} for one in self.loras)],
            **hires,
        }

    def _onsite(self) -> Meta:
        """What Civitai's own generator writes: models by their version."""
        used: list[Meta] = [{"type": "checkpoint", "modelVersionId": self.version.id}]
        return {
            **self._plain(),
            "width": self.width,
            "height": self.height,
            "engine": "Civitai",
            "sampler": self.sampler,
            "scheduler": self.scheduler,
            "denoise": self.denoise,
            "clipSkip": self.clip_skip,
            "workflow": "txt2img-hires" if self.is_hires else "txt2img",
            "civitaiResources": used
            + [{"type": "lora", "weight": 0.7, "modelVersionId": lora.id} for lora in self.loras],
        }

    def _comfy(self) -> Meta:
        """A ComfyUI graph as text, and what Civitai reads off it."""
        graph = {"3": {"class_type": "KSampler", "inputs": {"seed": self.seed, "steps": self.steps}}}
        loras = [{"name": f"{lora.model_name}.safetensors", "type": "lora", "strength": 0.7} for lora in self.loras]
        return {
            **self._plain(),
            "width": self.width,
            "height": self.height,
            "sampler": SAMPLERS[self.sampler],
            "scheduler": self.scheduler.lower(),
            "denoise": self.denoise,
            "Clip skip": str(self.clip_skip),
            "models": [f"{self.version.model_name}.safetensors"],
            "upscalers": ["latent_x2.safetensors"] if self.is_hires else [],
            "additionalResources": loras,
            "comfy": json.dumps({"prompt": graph, "workflow": {"nodes": []}}),
        }


def _file(kind: str, version: ModelVersion) -> Meta:
    return {"hash": file_hash(version.id), "name": version.model_name, "type": kind}
