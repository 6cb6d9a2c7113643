"""How each client found is to start us: its file as it is to be, and the secrets that are to leave it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from civitai_engagement.errors import BadSetup
from civitai_engagement.extras import NAME
from civitai_engagement.install.client_files import ClientFile, ServerEntry
from civitai_engagement.install.clients import ClientName, ClientPlace, places
from civitai_engagement.install.machine import Machine
from civitai_engagement.install.setup.changes import FileChange
from civitai_engagement.setting_values import HOME, is_ours


@dataclass(frozen=True, slots=True)
class ClientPlan:
    """What is to happen with one client: its change, or why there is none (`refusal`), and what leaves its file."""

    place: ClientPlace
    change: FileChange | None
    refusal: str = ""
    secrets: dict[str, str] = field(default_factory=dict)


def planned(machine: Machine, home: Path, wanted: Iterable[ClientName]) -> list[ClientPlan]:
    """Plan for the clients wanted; one whose file cannot be read or written is told, and left alone."""
    names = set(wanted)
    return [_plan(place, machine, home) for place in places(machine) if place.name in names]


def found(machine: Machine) -> list[ClientName]:
    return [place.name for place in places(machine) if place.is_here]


def _plan(place: ClientPlace, machine: Machine, home: Path) -> ClientPlan:
    try:
        read = ClientFile.read(place)
        told = entry_for(read, machine, home)
    except BadSetup as error:
        return ClientPlan(place, None, str(error))
    if read.has_comments:
        return ClientPlan(place, None, _by_hand(place, told))
    ours = read.entry
    before = read.text if place.file.exists() else None
    change = FileChange(place.file, before, read.with_entry(told))
    return ClientPlan(place, change, secrets=dict(_leaving(ours)) if ours else {})


def _by_hand(place: ClientPlace, told: dict[str, Any]) -> str:
    entry = json.dumps({NAME: told}, ensure_ascii=False)
    return f'{place.file} has comments, which writing it would lose. Put this into "{place.servers}" by hand: {entry}'


def entry_for(read: ClientFile, machine: Machine, home: Path) -> dict[str, Any]:
    """Write how this client starts us; what the user chose in an entry that is there stays, secrets aside."""
    ours = read.entry
    program, *before = machine.program
    chosen = _after_serve(ours) if ours else ()
    kept = {name: value for name, value in ours.environment.items() if name not in _leaving_names(ours)} if ours else {}
    before_it = dict(read.entries[ours.name]) if ours else {}
    told: dict[str, Any] = {"type": "stdio"} if read.place.names_type else {}
    told |= {"command": program, "args": [*before, "serve", *chosen], "env": {**kept, HOME: str(home)}}
    return {**before_it, **told}


def _after_serve(entry: ServerEntry) -> tuple[str, ...]:
    words = entry.arguments
    return words[words.index("serve") + 1 :] if "serve" in words else ()


def _leaving_names(entry: ServerEntry) -> set[str]:
    """Name what leaves the file: secrets of ours, and what is empty and says nothing."""
    return {name for name, value in entry.environment.items() if not value or (name in entry.secrets and is_ours(name))}


def _leaving(entry: ServerEntry) -> list[tuple[str, str]]:
    return [(name, value) for name, value in entry.environment.items() if value and name in _leaving_names(entry)]
