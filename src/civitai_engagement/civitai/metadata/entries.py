"""One file that an image says it used: an entry of a list, a text, a line of hashes, a tag in a prompt."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from civitai_engagement.civitai.metadata.air import read_air
from civitai_engagement.civitai.metadata.hashes import is_hash, read_hash
from civitai_engagement.civitai.metadata.keys import folded
from civitai_engagement.civitai.metadata.kinds import file_name, hash_behind, is_kind, kind_name
from civitai_engagement.civitai.metadata.scalars import INT4, known, name, real, says_nothing, whole
from civitai_engagement.records.media import Resource

T = TypeVar("T")
MOST_TEXT = 20_000
_USUAL = {"additionalResources": "lora"}  # what an entry without a type is
_WITHIN = ("model", "lora")  # where InvokeAI keeps all but the weight, and Draw Things the name
_NAMES = ("name", "model_name", "file", *_WITHIN)
_VERSIONS = ("modelVersionId", "model_version_id", "versionId")
# What programs write where nobody chose one of which each image has one.
_NO_MODEL = {"automatic", "auto", "default", "defaultmodel"}
_NOT_CHOSEN = {"checkpoint": _NO_MODEL, "vae": _NO_MODEL | {"builtin", "baked", "bakedvae", "bakedin", "bakedinvae"}}
_AIR_IN_TAG = r"(?:urn:)?(?:air:)?[\w/:-]{0,100}civitai:[0-9]{1,10}@[0-9]{1,10}[^<>:]{0,100}"
_TAG = re.compile(
    rf"<(lora|lyco|lycoris|locon|loha|dora|hypernet|hypernetwork|embed|embedding):({_AIR_IN_TAG}|[^:<>]{{1,200}})"
    r"(?::([^:<>]{0,50}))?[^<>]{0,100}>",
    re.IGNORECASE,
)
_WEIGHED = re.compile(r"<([^:<>]{1,200})(?::([^:<>]{0,50}))?>")
_WEIGHT_FIRST = re.compile(r"(-?[0-9.]{1,10}) - (.+)")
_PAIR = re.compile(r"([^:,\"]{1,200}):\s*((?:0x)?[0-9a-fA-F]{8,64}|-?[0-9.]{1,10})(?![^,\"\s])")

version_id = whole(1, INT4)


def file(source: str, said: str, kind: str | None) -> Resource:
    """Read the name of a file, an AIR, or a name with its hash behind it; one that says nothing names nothing."""
    if air := read_air(said):
        return Resource(source, version_id=air[1], type=air[0] or kind, name=None if air[1] else said)
    named, hashed = hash_behind(said)
    is_chosen = not says_nothing(file_name(named)) and folded(named) not in _NOT_CHOSEN.get(kind or "", ())
    return Resource(source, type=kind, name=named if is_chosen else None, hash=read_hash(hashed))


def listed(source: str, entries: object, kind: str | None = None) -> Iterator[Resource]:
    """Read a list of files: objects, texts, or a few values each; or one text of `<name:weight>`."""
    if isinstance(entries, str):
        yield from filter(is_named, _weighed(source, entries[:MOST_TEXT], kind))
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict):
            yield from _told(_entry(source, entry, kind), entry)
        elif isinstance(entry, list):
            yield from filter(is_named, (_row(source, entry, kind),))
        elif said := name(entry):
            yield from filter(is_named, (file(source, said, kind),))


def is_named(one: Resource) -> bool:
    return any(value is not None for value in (one.version_id, one.name, one.hash))


def one_entry(source: str, raw: object, kind: str) -> Resource:
    """Read what stands where an image has one file: its name, or InvokeAI's object."""
    if isinstance(raw, dict):
        return _entry(source, raw, kind)
    said = known(raw)
    return file(source, said, kind) if said else Resource(source, type=kind)


def _told(resource: Resource, entry: Mapping[str, object]) -> Iterator[Resource]:
    """Leave out what says nothing. An entry with no name at all is still a file; one called "undefined" is none."""
    is_nameless = not any(key in entry for key in _NAMES)
    if is_named(resource) or (is_nameless and resource != Resource(resource.source)):
        yield resource


def _entry(source: str, entry: Mapping[str, object], usual: str | None = None) -> Resource:
    within = next((value for key in _WITHIN if isinstance(value := entry.get(key), dict)), {})
    entry = {**within, **{key: value for key, value in entry.items() if value is not within}}
    said = _first(name(entry.get(key)) for key in _NAMES)
    air = name(entry.get("air"))
    kind = kind_name(entry.get("type")) or usual or (_USUAL.get(source) if said or air else None)
    plain = file(source, said, kind) if said else Resource(source, type=kind)
    urn = file(source, air, kind) if air else plain
    versions = [version_id(entry.get(key)) for key in _VERSIONS] + [urn.version_id, plain.version_id]
    return replace(
        plain,
        version_id=_first(versions),
        type=plain.type or urn.type,
        weight=_first(real(entry.get(key)) for key in ("weight", "strength")),
        hash=read_hash(entry.get("hash")) or plain.hash,
    )


def _row(source: str, parts: list[object], kind: str | None) -> Resource:
    """Read Fooocus's `[name, weight, hash]` and RuinedFooocus's `[hash, "weight - name"]`."""
    texts = [said for part in parts if (said := name(part))]
    hashes = (read_hash(said) for said in texts[::-1])
    called = next((said for said in texts if not read_hash(said)), "")
    weighed = _WEIGHT_FIRST.fullmatch(called)
    weights = [real(part) for part in ([weighed[1]] if weighed else parts) if weighed or not isinstance(part, str)]
    found = file(source, weighed[2] if weighed else called, kind)
    return replace(found, weight=_first(weights), hash=_first(hashes) or found.hash)


def _first(values: Iterable[T | None]) -> T | None:
    return next((value for value in values if value is not None), None)


def _weighed(source: str, text: str, kind: str | None) -> Iterator[Resource]:
    for said, weight in _WEIGHED.findall(text):
        yield replace(file(source, said.strip(), kind), weight=real(weight))


def of_hashes(hashes: object, singles: Mapping[str, Resource]) -> Iterator[Resource]:
    """Read `hashes`: a list, or an object of kinds, kinds with names, or names; `singles` name some of these kinds."""
    if isinstance(hashes, list):
        yield from (Resource("hashes", hash=value) for value in map(read_hash, hashes) if value)
    elif isinstance(hashes, dict):
        found = (_of_hash(key, value, singles) for key, value in hashes.items() if is_hash(value))
        yield from filter(is_named, found)


def _of_hash(key: str, value: object, singles: Mapping[str, Resource]) -> Resource:
    kind, said = _kind_and_name(key)
    if said:
        return replace(file("hashes", said, kind_name(kind)), hash=read_hash(value))
    single = singles.get(folded(kind or ""), Resource("hashes"))
    return replace(single, source="hashes", type=kind_name(kind), hash=read_hash(value))


def _kind_and_name(key: str) -> tuple[str | None, str | None]:
    kind, colon, said = key.partition(":")
    return (kind, name(said)) if colon or is_kind(kind) else (None, name(key))


def of_hashes_by_name(pairs: object, kind: str) -> Iterator[Resource]:
    for key, value in _pairs(pairs):
        found = Resource("hashes", type=kind, name=name(key), hash=read_hash(value))
        if is_hash(value) and is_named(found):
            yield found


def of_weights_by_name(pairs: object, kind: str) -> Iterator[Resource]:
    for key, value in _pairs(pairs):
        if (named := name(key)) and (weight := real(value)) is not None:
            yield Resource("models", type=kind, name=named, weight=weight)


def _pairs(pairs: object) -> Iterable[tuple[str, object]]:
    """Read an object, or a text of `name: value, name: value`."""
    if isinstance(pairs, dict):
        return pairs.items()
    return _PAIR.findall(pairs[:MOST_TEXT]) if isinstance(pairs, str) else ()


def tagged(prompt: str) -> Iterator[Resource]:
    for kind, said, weight in _TAG.findall(prompt):
        found = replace(file("prompt", said.strip(), kind_name(kind)), weight=real(weight))
        if is_named(found):
            yield found
