"""What kind of thing a resource is, under one name each; and the names that mean one file."""

import re

from civitai_engagement.civitai.metadata.keys import folded
from civitai_engagement.civitai.metadata.scalars import name
from civitai_engagement.records.media import stem

# After the colon: other spellings. LyCORIS, LoCon and their like are LoRAs to Civitai's own reader.
_KINDS = """
checkpoint: model models main ckpt basemodel refiner diffusionmodel unet
lora: lyco lycoris locon loha lokr dora glora loras
embedding: embed embeddings textualinversion ti
hypernetwork: hypernet hypernetworks
vae: vaes
upscaler: upscale upscalers
controlnet: control controlnets
"""
_NAMES = {
    spelling: kind
    for kind, _, others in (line.partition(":") for line in _KINDS.strip().splitlines())
    for spelling in (kind, *others.split())
}
# AddNet writes round brackets; in these, digits alone may be a date.
_HASH_BEHIND = re.compile(r"(.*?)\s*(?:\[([0-9a-f]{8,64})\]|\((?=[0-9]*[a-f])([0-9a-f]{8,64})\))", re.IGNORECASE)


def kind_name(raw: object) -> str | None:
    """Give a kind its usual name; one nobody knows stays, in lower case."""
    said = name(raw)
    return _NAMES.get(folded(said), said.lower()) if said else None


def is_kind(said: str) -> bool:
    return folded(said) in _NAMES


def hash_behind(said: str) -> tuple[str, str | None]:
    """Part "refiner [7440042bbd]" into name and hash."""
    found = _HASH_BEHIND.fullmatch(said)
    return (found[1], found[2] or found[3]) if found and found[1] else (said, None)


def file_name(said: str) -> str:
    """Fold the name of a file: without folders, extension and case."""
    return stem(said).lower()
