"""The models, LoRAs and other files an image says it used, from the many places that say so."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain

from civitai_engagement.civitai.metadata.hashes import SHORTEST, are_one, are_two, read_hash
from civitai_engagement.civitai.metadata.kinds import file_name, hash_behind, kind_name
from civitai_engagement.civitai.metadata.scalars import INT4, known, name, real, whole
from civitai_engagement.records.media import Resource

MOST = 100
Key = tuple[str, int | str]
MOST_PAIRS_TEXT = 20_000

_FILE_LISTS = {"models": "checkpoint", "vaes": "vae", "upscalers": "upscaler", "controlNets": "controlnet"}
_NAME_TO_HASH = {"TI hashes": "embedding", "Lora hashes": "lora"}
# Of these an image has one, whose name stands under one key and whose hash under another.
_SINGLE = {"model": "Model", "vae": "VAE", "refiner": "Refiner"}
_CHOSEN_FOR_ONE = {"automatic", "auto", "default"}  # a VAE that nobody named
_USUAL = {"additionalResources": "lora"}  # what an entry without a type is

_AIR = re.compile(
    r"(?:urn:)?(?:air:)?(?:[\w/-]+:)?(?:([\w/-]+):)?civitai:[0-9]+@([0-9]{1,10})(?:[+:.].*)?", re.IGNORECASE
)
_PROMPT_TAG = re.compile(
    r"<(lora|lyco|lycoris|hypernet):([^:<>]{1,200})(?::([^:<>]{0,50}))?[^<>]{0,100}>", re.IGNORECASE
)
_PAIR = re.compile(r"([^:,\"]{1,200}):\s*((?:0x)?[0-9a-fA-F]{8,64})")

_version_id = whole(1, INT4)


def resources(meta: Mapping[str, object], prompt: str, model_version_ids: tuple[int, ...]) -> tuple[Resource, ...]:
    """Name each thing used once, best source first; of two, the one that tells more of a thing comes first."""
    versions = (Resource("modelVersionIds", version_id=_version_id(version)) for version in model_version_ids)
    return _merged(
        chain(
            (resource for resource in versions if resource.version_id is not None),
            _listed(meta, "civitaiResources"),
            _listed(meta, "resources"),
            chain.from_iterable(_named(meta, key, kind) for kind, key in _SINGLE.items()),
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
    said, air = name(entry.get("name")), name(entry.get("air"))
    kind = kind_name(entry.get("type")) or (_USUAL.get(source) if said or air else None)
    version_id, weight = _version_id(entry.get("modelVersionId")), real(entry.get("weight"))
    file = _file(source, said, kind) if said else Resource(source, type=kind)
    named = _file(source, air, kind) if air else file
    told = file.version_id if named.version_id is None else named.version_id
    return replace(
        file,
        version_id=told if version_id is None else version_id,
        type=file.type or named.type,
        weight=real(entry.get("strength")) if weight is None else weight,
        hash=read_hash(entry.get("hash")) or file.hash,
    )


def _told(resource: Resource) -> Iterator[Resource]:
    if resource != Resource(resource.source):
        yield resource


def _named(meta: Mapping[str, object], key: str, kind: str) -> Iterator[Resource]:
    said, hashed = _single(meta, key), read_hash(meta.get(f"{key} hash"))
    if said:
        file = _file("models", said, kind_name(kind))
        yield replace(file, hash=hashed or file.hash)
    elif hashed:
        yield Resource("models", type=kind_name(kind), hash=hashed)


def _single(meta: Mapping[str, object], key: str) -> str | None:
    said = known(meta.get(key))
    return said if said and said.lower() not in _CHOSEN_FOR_ONE else None


def _file(source: str, said: str, kind: str | None) -> Resource:
    if air := _AIR.fullmatch(said):
        return Resource(source, version_id=_version_id(air[2]), type=kind_name(air[1]) or kind)
    named, hashed = hash_behind(said)
    return Resource(source, type=kind, name=named, hash=read_hash(hashed))


def _hashed(meta: Mapping[str, object]) -> Iterator[Resource]:
    hashes = meta.get("hashes")
    if isinstance(hashes, list):
        yield from (Resource("hashes", hash=value) for value in map(read_hash, hashes) if value)
    elif isinstance(hashes, dict):
        for key, value in hashes.items():
            if hashed := read_hash(value):
                kind, _, said = key.partition(":")
                single = _single(meta, _SINGLE.get(kind.strip().lower(), ""))
                file = _file("hashes", name(said) or single or "", kind_name(kind))
                yield replace(file, name=file.name or None, hash=hashed)


def _paired(pairs: object, kind: str) -> Iterator[Resource]:
    said = (
        pairs.items()
        if isinstance(pairs, dict)
        else _PAIR.findall(pairs[:MOST_PAIRS_TEXT])
        if isinstance(pairs, str)
        else ()
    )
    for key, value in said:
        if hashed := read_hash(value):
            yield Resource("hashes", type=kind, name=name(key), hash=hashed)


def _tagged(prompt: str) -> Iterator[Resource]:
    for kind, said, weight in _PROMPT_TAG.findall(prompt):
        yield Resource("prompt", type=kind_name(kind), name=name(said), weight=real(weight))


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
        yield "name", file_name(resource.name)


def _are_one(key: Key, one: Resource, other: Resource) -> bool:
    if len({one.version_id, other.version_id} - {None}) > 1:
        return False
    hashes = (one.hash, other.hash) if one.hash and other.hash else None
    if hashes and (are_two(*hashes) or (_is_one_list(one, other) and not are_one(*hashes))):
        return False
    return key[0] != "name" or len({one.type, other.type} - {None}) < 2


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
