"""Keys of a meta, however programs spell them: "negativePrompt", "Negative prompt" and "negative_prompt" are one."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TypeVar

from civitai_engagement.civitai.metadata.jsonb import Cleaning
from civitai_engagement.civitai.metadata.scalars import is_unknown, says_nothing

T = TypeVar("T")
_NO_LETTER = re.compile(r"[\W_]")


@lru_cache(maxsize=4_096)  # the same few hundred keys come again and again
def folded(spelling: str) -> str:
    return _NO_LETTER.sub("", spelling.lower())


@lru_cache(maxsize=256)  # the names of things are written in this house alone, some dozens
def _all_folded(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(folded, names))


class Spelled:
    """Finds what a meta says under the names of a thing, exact spellings before others and best names first.

    >>> Spelled({"vae": "ae.sft", "VAE": None}).first("VAE")
    'ae.sft'
    """

    def __init__(self, meta: Mapping[str, object]) -> None:
        self._meta = meta
        spellings: defaultdict[str, list[str]] = defaultdict(list)
        for key in meta:
            spellings[folded(key)].append(key)
        self._spellings = dict(spellings)

    def lacks(self, *names: str) -> bool:
        """Say whether there is nothing under any of these names, as there is of most things."""
        return self._spellings.keys().isdisjoint(_all_folded(names))

    def keys(self, *names: str) -> list[str]:
        found: list[str] = []
        for name in _all_folded(names):
            if name in self._spellings:
                found += self._spellings[name]
        exact = [name for name in names if name in self._meta] if len(found) > 1 else []
        return list(dict.fromkeys([*exact, *found])) if exact else found

    def values(self, *names: str) -> list[object]:
        """Give what says something; lists and objects written as JSON text are read."""
        said = [self._meta[key] for key in self.keys(*names)]
        return said and [_unwritten(value) for value in said if not says_nothing(value)]

    def first(self, *names: str) -> object:
        return next(iter(self.values(*names)), None)


class Remainder:
    """The part of a meta that no typed field carries yet; `unread` are keys whose value a field could not use.

    >>> rest = Remainder({"Clip skip": "2,", "Version": "1.6"})
    >>> rest.take(whole(), "clipSkip"), rest.kept
    (2, {'Clip skip': '2,', 'Version': '1.6'})
    """

    def __init__(self, meta: dict[str, object]) -> None:
        self.kept = dict(meta)
        self.said = Spelled(meta)
        self.unread: list[str] = []

    def take(self, read: Callable[[object], T | None], *keys: str) -> T | None:
        """Read the first usable of `keys`; those the result repeats exactly leave the remainder."""
        if not (named := self.said.keys(*keys)):
            return None
        said = {key: read(self.kept[key]) for key in named if key in self.kept}
        taken = next((value for value in said.values() if value is not None), None)
        for key, value in said.items():
            if value is None and not is_unknown(self.kept[key]):
                self.unread.append(key)
            elif repeats(self.kept[key], taken):
                del self.kept[key]
        return taken


def repeats(raw: object, taken: object) -> bool:
    """Say whether `taken` alone is enough to know what `raw` was."""
    if isinstance(raw, str) and not isinstance(taken, str):
        return raw in (str(taken), str(taken).removesuffix(".0"))
    return raw == taken


def _unwritten(value: object) -> object:
    if not isinstance(value, str) or value.lstrip()[:1] not in ("{", "["):
        return value
    try:
        return Cleaning().of(json.loads(value, parse_constant=str))
    except (ValueError, RecursionError):
        return value
