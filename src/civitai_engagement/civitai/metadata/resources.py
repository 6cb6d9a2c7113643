"""The models, LoRAs and other files an image says it used, from the many places that say so."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from civitai_engagement.civitai.metadata import entries
from civitai_engagement.civitai.metadata.hashes import SHORTEST, are_one, are_two, read_hash
from civitai_engagement.civitai.metadata.keys import Spelled
from civitai_engagement.civitai.metadata.kinds import file_name, kind_name
from civitai_engagement.civitai.metadata.scalars import real
from civitai_engagement.records.media import Resource

MOST = 100
Key = tuple[str, int | str]

_FILE_LISTS = {
    "models": "checkpoint",
    "vaes": "vae",
    "upscalers": "upscaler",
    "controlNets": "controlnet",
    "loras": "lora",
    "lora": "lora",
}
_NAME_TO_HASH = {"TI hashes": "embedding", "Lora hashes": "lora", "Hypernet hashes": "hypernetwork"}
_NAME_TO_WEIGHT = {"Lora weights": "lora"}
# Of these an image has one, whose name stands under one key and whose hash under another.
_CUT = {"models", "resources"}
MODEL_KEYS = ("Model", "model_name", "ckpt_name")
_SINGLE = {"model": MODEL_KEYS, "vae": ("VAE", "vae_name"), "refiner": ("Refiner",), "hypernet": ("Hypernet",)}
_UNSAID = {kind: Resource("models", type=kind_name(kind) or kind) for kind in _SINGLE}


def resources(said: Spelled, prompt: str, model_version_ids: tuple[int, ...]) -> tuple[Resource, ...]:
    """Name each thing used once, best source first; of two, the one that tells more of a thing comes first."""
    versions = (Resource("modelVersionIds", version_id=entries.version_id(version)) for version in model_version_ids)
    singles = {kind: _single(said, kind) for kind in _SINGLE}
    return _merged(
        chain(
            (resource for resource in versions if resource.version_id is not None),
            _listed(said, "civitaiResources"),
            *(_listed(Spelled(on_site), "resources", "civitaiResources") for on_site in _objects(said, "extra")),
            _listed(said, "resources"),
            filter(entries.is_named, singles.values()),
            chain.from_iterable(entries.of_hashes(hashes, singles) for hashes in said.values("hashes")),
            _listed(said, "additionalResources"),
            *(_files(files) for files in (said, *(Spelled(other) for other in _objects(said, "other")))),
            _by_name(said),
            entries.tagged(prompt),
        )
    )


def _listed(said: Spelled, key: str, source: str | None = None) -> Iterator[Resource]:
    return chain.from_iterable(entries.listed(source or key, listed) for listed in said.values(key))


def _objects(said: Spelled, key: str) -> Iterator[dict[str, object]]:
    """Give what an image says within an object: on-site generation in `extra`, RuinedFooocus in `other`."""
    return (value for value in said.values(key) if isinstance(value, dict))


def _files(said: Spelled) -> Iterator[Resource]:
    if said.lacks(*_FILE_LISTS):
        return
    for key, kind in _FILE_LISTS.items():
        yield from chain.from_iterable(entries.listed("models", listed, kind) for listed in said.values(key))


def _by_name(said: Spelled) -> Iterator[Resource]:
    if said.lacks(*_NAME_TO_HASH, *_NAME_TO_WEIGHT):
        return
    for key, kind in _NAME_TO_HASH.items():
        yield from chain.from_iterable(entries.of_hashes_by_name(pairs, kind) for pairs in said.values(key))
    for key, kind in _NAME_TO_WEIGHT.items():
        yield from chain.from_iterable(entries.of_weights_by_name(pairs, kind) for pairs in said.values(key))


def _single(said: Spelled, kind: str) -> Resource:
    if said.lacks(*_SINGLE[kind], f"{kind} hash", f"{kind} strength"):
        return _UNSAID[kind]
    named = entries.one_entry("models", said.first(*_SINGLE[kind]), kind_name(kind) or kind)
    hashed = next(filter(None, map(read_hash, said.values(f"{kind} hash"))), named.hash)
    weight = real(said.first(f"{kind} strength"))
    return named if hashed is None and weight is None else replace(named, hash=hashed, weight=weight)


def _merged(found: Iterator[Resource]) -> tuple[Resource, ...]:
    merged: list[Resource] = []
    places: defaultdict[Key, list[int]] = defaultdict(list)
    for resource in found:
        keys = tuple(_identities(resource))
        place = next((at for key in keys for at in places[key] if _are_one(key, merged[at], resource)), len(merged))
        merged[place : place + 1] = [_joined(merged[place], resource) if place < len(merged) else resource]
        for key in {*keys, *_identities(merged[place])}:
            places[key].append(place)
    return tuple(merged)


def _identities(resource: Resource) -> Iterator[Key]:
    """Name what a resource may be known by; whether two so known are one, `_are_one` decides."""
    if resource.version_id is not None:
        yield "version", resource.version_id
    if resource.hash is not None:
        yield "hash", resource.hash[:SHORTEST]
    if resource.name is not None:
        named = file_name(resource.name)
        yield "name", named
        if "." in named:
            yield "name", named.partition(".")[0]


def _are_one(key: Key, one: Resource, other: Resource) -> bool:
    if len({one.version_id, other.version_id} - {None}) > 1:
        return False
    hashes = (one.hash, other.hash) if one.hash and other.hash else None
    if hashes and (are_two(*hashes) or (_is_one_list(one, other) and not are_one(*hashes))):
        return False
    return key[0] != "name" or (len({one.type, other.type} - {None}) < 2 and _is_one_name(one, other))


def _is_one_name(one: Resource, other: Resource) -> bool:
    """Compare two names; of SwarmUI's, Civitai keeps in `resources` only what stands before a dot."""
    first, second = file_name(one.name or ""), file_name(other.name or "")
    names = {one.source: first, other.source: second}
    return first == second or (names.keys() == _CUT and names["models"].partition(".")[0] == names["resources"])


def _is_one_list(one: Resource, other: Resource) -> bool:
    """Tell whether two are entries of one list, which names each thing once; hashes come from several."""
    return one.source == other.source != "hashes"


def _joined(first: Resource, second: Resource) -> Resource:
    return Resource(
        first.source,
        version_id=first.version_id if first.version_id is not None else second.version_id,
        type=first.type or second.type,
        name=first.name or second.name,
        weight=first.weight if first.weight is not None else second.weight,
        hash=first.hash or second.hash,
    )
