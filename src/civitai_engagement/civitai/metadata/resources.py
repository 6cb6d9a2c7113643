"""The models, LoRAs and other files an image says it used, from the many places that say so."""

import re
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import replace
from itertools import chain

from civitai_engagement.civitai.metadata.scalars import INT4, name, real, whole
from civitai_engagement.records.media import Resource

MOST = 100
MOST_PAIRS_TEXT = 20_000

_TYPES = {
    "model": "checkpoint",
    "embed": "embedding",
    "textualinversion": "embedding",
    "ti": "embedding",
    "hypernet": "hypernetwork",
}
_FILE_LISTS = {"models": "checkpoint", "vaes": "vae", "upscalers": "upscaler"}
_NAME_TO_HASH = {"TI hashes": "embedding", "Lora hashes": "lora"}

_AIR = re.compile(r"(?:urn:)?air:[^:]*:([^:]+):civitai:[0-9]+@([0-9]{1,10})", re.IGNORECASE)
_HASH = re.compile(r"[0-9a-f]{8,64}")
_PROMPT_TAG = re.compile(r"<(lora|lyco|hypernet):([^:<>]{1,200})(?::([^:<>]{0,50}))?[^<>]{0,100}>", re.IGNORECASE)
_PAIR = re.compile(r"([^:,\"]{1,200}):\s*([0-9a-fA-F]{8,64})")
_EXTENSION = re.compile(r"\.(safetensors|ckpt|pt|pth|bin|gguf|sft)$")

_version_id = whole(1, INT4)


def resources(meta: Mapping[str, object], prompt: str, model_version_ids: tuple[int, ...]) -> tuple[Resource, ...]:
    """Name each thing used once, best source first; of two, the one that tells more of a thing comes first."""
    versions = (Resource("modelVersionIds", version_id=_version_id(version)) for version in model_version_ids)
    return _merged(
        chain(
            (resource for resource in versions if resource.version_id is not None),
            _listed(meta, "civitaiResources"),
            _listed(meta, "resources"),
            _named(meta, "Model", "checkpoint"),
            _named(meta, "VAE", "vae"),
            _hashed(meta),
            _listed(meta, "additionalResources"),
            chain.from_iterable(_listed(meta, key, kind) for key, kind in _FILE_LISTS.items()),
            chain.from_iterable(_paired(meta.get(key), kind) for key, kind in _NAME_TO_HASH.items()),
            _tagged(prompt),
        )
    )


def _listed(meta: Mapping[str, object], key: str, kind: str | None = None) -> Iterator[Resource]:
    entries = meta.get(key)
    source = "models" if kind else key
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict):
            yield from _told(_entry(source, entry))
        elif said := name(entry):
            yield _file(source, said, kind)


def _entry(source: str, entry: Mapping[str, object]) -> Resource:
    kind, said = _type(entry.get("type")), name(entry.get("name"))
    version_id, weight = _version_id(entry.get("modelVersionId")), real(entry.get("weight"))
    file = _file(source, said, kind) if said else Resource(source, type=kind)
    return replace(
        file,
        version_id=file.version_id if version_id is None else version_id,
        weight=real(entry.get("strength")) if weight is None else weight,
        hash=_hash(entry.get("hash")),
    )


def _told(resource: Resource) -> Iterator[Resource]:
    if resource != Resource(resource.source):
        yield resource


def _named(meta: Mapping[str, object], key: str, kind: str) -> Iterator[Resource]:
    said, hashed = name(meta.get(key)), _hash(meta.get(f"{key} hash"))
    if said:
        yield replace(_file("models", said, kind), hash=hashed)
    elif hashed:
        yield Resource("models", type=kind, hash=hashed)


def _file(source: str, said: str, kind: str | None) -> Resource:
    if air := _AIR.fullmatch(said):
        return Resource(source, version_id=_version_id(air[2]), type=_type(air[1]))
    return Resource(source, type=kind, name=said)


def _hashed(meta: Mapping[str, object]) -> Iterator[Resource]:
    hashes = meta.get("hashes")
    if isinstance(hashes, list):
        yield from (Resource("hashes", hash=value) for value in map(_hash, hashes) if value)
    elif isinstance(hashes, dict):
        for key, value in hashes.items():
            if hashed := _hash(value):
                kind, _, said = key.partition(":")
                yield Resource("hashes", type=_type(kind), name=name(said), hash=hashed)


def _paired(pairs: object, kind: str) -> Iterator[Resource]:
    said = (
        pairs.items()
        if isinstance(pairs, dict)
        else _PAIR.findall(pairs[:MOST_PAIRS_TEXT])
        if isinstance(pairs, str)
        else ()
    )
    for key, value in said:
        if hashed := _hash(value):
            yield Resource("hashes", type=kind, name=name(key), hash=hashed)


def _tagged(prompt: str) -> Iterator[Resource]:
    for kind, said, weight in _PROMPT_TAG.findall(prompt):
        yield Resource("prompt", type=_type(kind), name=name(said), weight=real(weight))


def _type(raw: object) -> str | None:
    said = name(raw)
    return _TYPES.get(said.lower(), said.lower()) if said else None


def _hash(raw: object) -> str | None:
    said = raw.strip().lower() if isinstance(raw, str) else ""
    return said if _HASH.fullmatch(said) else None


def _merged(found: Iterator[Resource]) -> tuple[Resource, ...]:
    merged: list[Resource] = []
    places: dict[Hashable, int] = {}
    for resource in found:
        known = (places[key] for key in _identities(resource) if key in places)
        place = next((place for place in known if _agree(merged[place], resource)), len(merged))
        merged[place : place + 1] = [_joined(merged[place], resource) if place < len(merged) else resource]
        for key in _identities(merged[place]):
            places.setdefault(key, place)
    return tuple(merged)


def _identities(resource: Resource) -> Iterator[Hashable]:
    if resource.version_id is not None:
        yield resource.version_id
    if resource.hash is not None:
        yield resource.hash
    if resource.name is not None:
        yield resource.type, _EXTENSION.sub("", resource.name.lower())


def _agree(one: Resource, other: Resource) -> bool:
    versions = {one.version_id, other.version_id} - {None}
    hashes = {one.hash, other.hash} - {None}
    return len(versions) < 2 and len(hashes) < 2


def _joined(first: Resource, second: Resource) -> Resource:
    return Resource(
        first.source,
        version_id=first.version_id if first.version_id is not None else second.version_id,
        type=first.type or second.type,
        name=first.name or second.name,
        weight=first.weight if first.weight is not None else second.weight,
        hash=first.hash or second.hash,
    )
