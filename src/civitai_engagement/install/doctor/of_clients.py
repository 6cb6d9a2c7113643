"""The clients' files: whether each can be read, starts us as we are now, and holds no secret."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from civitai_engagement.errors import BadSetup
from civitai_engagement.install.client_files import ClientFile, ServerEntry
from civitai_engagement.install.clients import ClientPlace, places
from civitai_engagement.install.doctor.diagnosis import Diagnosis
from civitai_engagement.install.machine import Machine
from civitai_engagement.install.starting import greet

NONE = "Run `civitai-engagement setup`; the README has the line for each client, too."


async def of_clients(machine: Machine, home: Path, *, starts: bool) -> AsyncIterator[Diagnosis]:
    found = [one for one in places(machine) if one.is_here]
    if not found:
        yield Diagnosis.warning("clients", "No client is found that we know how to look into.", NONE)
    is_named = False
    for place in found:
        async for one in _of_client(place, home, machine.environment, starts=starts):
            is_named |= "is not named" not in one.said
            yield one
    if found and not is_named:
        yield Diagnosis.warning("clients", "No client here starts this program.", NONE)


async def _of_client(
    place: ClientPlace, home: Path, environment: Mapping[str, str], *, starts: bool
) -> AsyncIterator[Diagnosis]:
    about = f"client {place.name}"
    try:
        entry = ClientFile.read(place).entry
    except BadSetup as error:
        yield Diagnosis.fault(about, error.message, error.hint)
        return
    if entry is None:
        yield Diagnosis.good(about, f"{place.title}: this program is not named in {place.file}.")
        return
    for one in _odd(about, place, entry, home):
        yield one
    yield (
        await _started(about, place, entry, environment) if starts else Diagnosis.good(about, f"{place.title}: found.")
    )


def _odd(about: str, place: ClientPlace, entry: ServerEntry, home: Path) -> list[Diagnosis]:
    found = []
    if entry.secrets:
        said = f"{place.file} holds {', '.join(entry.secrets)}, for every program of yours to read."
        found.append(
            Diagnosis.warning(about, said, f"Run `civitai-engagement setup`: it moves them to {home / '.env'}.")
        )
    if entry.home and Path(entry.home).expanduser() != home:
        said = f"{place.title} keeps its data in {entry.home}, this shell in {home}: two histories."
        cure = "Set CIVITAI_ENGAGEMENT_HOME to the same folder in both, or run `civitai-engagement setup`."
        found.append(Diagnosis.warning(about, said, cure))
    return found


async def _started(about: str, place: ClientPlace, entry: ServerEntry, environment: Mapping[str, str]) -> Diagnosis:
    try:
        told = await greet(entry, environment)
    except BadSetup as error:
        return Diagnosis.fault(about, f"{place.title}: {error.message}", error.hint)
    return Diagnosis.good(about, f"{place.title} starts {told}.")
