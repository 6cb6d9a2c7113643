"""The JSON file of one client: read as the client reads it, changed in one entry, all else left as it stands."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from civitai_engagement.errors import BadSetup
from civitai_engagement.extras import NAME
from civitai_engagement.install.clients import ClientPlace
from civitai_engagement.log import scrub
from civitai_engagement.setting_values import HOME

SECRET = re.compile(r"(?i)key|token|secret|password|webhook|database_url")
MODULE = "civitai_engagement"
_COMMENT_OR_TEXT = re.compile(r'("(?:[^"\\]|\\.)*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_LAST_COMMA = re.compile(r",(\s*[}\]])")


@dataclass(frozen=True, slots=True)
class ServerEntry:
    """How one client starts us."""

    name: str
    command: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]

    @property
    def secrets(self) -> tuple[str, ...]:
        """The variables with a secret in them, empty ones aside; a client's file is no place for any."""
        return tuple(name for name, value in self.environment.items() if value and SECRET.search(name))

    @property
    def home(self) -> str | None:
        return self.environment.get(HOME)


@dataclass(frozen=True, slots=True)
class ClientFile:
    """What a client's file says; `text` is empty where there is none. One with comments is read, but not written.

    >>> ClientFile.read(place).entry
    """

    place: ClientPlace
    text: str
    document: dict[str, Any]
    has_comments: bool = False

    @classmethod
    def read(cls, place: ClientPlace) -> "ClientFile":
        """Read the file of a client.

        Raises:
            BadSetup: It cannot be read, or is no JSON object; the sentence says where.
        """
        text = _text(place.file)
        try:
            return cls(place, text, _object(json.loads(text or "{}"), place))
        except ValueError as error:
            plain = _LAST_COMMA.sub(r"\1", _COMMENT_OR_TEXT.sub(lambda found: found[1] or "", text))
            try:
                return cls(place, text, _object(json.loads(plain or "{}"), place), has_comments=True)
            except ValueError:
                raise _no_json(place, error) from error

    @property
    def entries(self) -> dict[str, Any]:
        """All servers of the client, by name.

        Raises:
            BadSetup: They are no object.
        """
        return _object(self.document.get(self.place.servers) or {}, self.place)

    @property
    def entry(self) -> ServerEntry | None:
        """Ours, by its name or by what it starts; None where it is not there."""
        return next(_ours(self.entries), None)

    def with_entry(self, told: Mapping[str, Any]) -> str:
        """Write the whole file anew with our entry as told, everything else as it is."""
        ours = self.entry
        servers = {**self.entries, (ours.name if ours else NAME): dict(told)}
        return self._written({**self.document, self.place.servers: servers})

    def without_entry(self) -> str:
        ours = self.entry
        servers = {name: one for name, one in self.entries.items() if ours is None or name != ours.name}
        return self._written({**self.document, self.place.servers: servers})

    def _written(self, document: Mapping[str, Any]) -> str:
        found = re.search(r"\n([ \t]+)\S", self.text)
        end = "" if self.text and not self.text.endswith("\n") else "\n"
        text = json.dumps(document, indent=found[1] if found else "  ", ensure_ascii=False) + end
        return text.replace("\n", "\r\n") if "\r\n" in self.text else text


def _ours(entries: Mapping[str, Any]) -> Iterator[ServerEntry]:
    """Give what starts us, the entry of our name first."""
    for name in sorted(entries, key=lambda one: one != NAME):
        one = entries[name]
        if not isinstance(one, dict) or not isinstance(one.get("command"), str):
            continue
        words = [str(word) for word in one.get("args") or []]
        program = Path(one["command"].replace("\\", "/")).stem
        if NAME in {name, program} or any(word in {NAME, MODULE} for word in words):
            said = one.get("env") or {}
            yield ServerEntry(name, one["command"], tuple(words), {key: str(value) for key, value in said.items()})


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig") if file.exists() else ""
    except OSError as error:
        raise BadSetup(f"{file} cannot be read: {error.strerror}.", hint="Make it yours, or take it away.") from error
    except UnicodeDecodeError as error:
        raise BadSetup(f"{file} is not UTF-8 text.", hint="Save it as UTF-8.") from error


def _object(value: Any, place: ClientPlace) -> dict[str, Any]:
    if not isinstance(value, dict):
        hint = f'{place.title} wants an object with "{place.servers}" in it; move the file away to begin anew.'
        raise BadSetup(f"{place.file} does not hold what {place.title} reads.", hint=hint)
    return value


def _no_json(place: ClientPlace, error: ValueError) -> BadSetup:
    at = f" in line {error.lineno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else ""
    hint = f"Mend that line, or move the file away; until then {place.title} starts none of its servers."
    return BadSetup(f"{place.file} is no JSON{scrub(at)}.", hint=hint)
