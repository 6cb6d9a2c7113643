"""What goes into our own `.env`: who the user is, what clients' files give up, and what only this shell sets."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from civitai_engagement.install.setup.changes import FileChange
from civitai_engagement.install.setup.secrets_file import with_settings
from civitai_engagement.setting_origins import Origin, ReadSettings, variable_of
from civitai_engagement.setting_values import HOME
from civitai_engagement.settings import Settings

CREATOR = "creator"


@dataclass(frozen=True, slots=True)
class OwnSettings:
    """The change of our file, and what is to be said of it."""

    change: FileChange
    notes: tuple[str, ...]


def own_settings(given: ReadSettings, home: Path, name: str, *, moved: Mapping[str, str]) -> OwnSettings:
    """Plan our file; what stands in it already goes before what a client's file gave up."""
    there = set(given.names_in(Origin.FILE))
    kept = {variable: value for variable, value in moved.items() if variable not in there}
    notes = [f"{', '.join(sorted(moved))} moves from clients' files to {given.file}."] if moved else []
    passed = sorted(set(moved) - set(kept))
    if passed:
        notes.append(f"{', '.join(passed)} stands in {given.file} already, and stays as it is there.")
    shell = _of_this_shell(given)
    if shell:
        notes.append(f"{', '.join(sorted(shell))} is set by this shell alone: written to {given.file}, for all to see.")
    return OwnSettings(with_settings(home, {**kept, **shell, **_me(name)}), tuple(notes))


def _of_this_shell(given: ReadSettings) -> dict[str, str]:
    names = {variable_of(field, info): field for field, info in Settings.model_fields.items()}
    return {
        variable: _text(getattr(given.settings, names[variable]))
        for variable in given.names_in(Origin.ENVIRONMENT)
        if variable != HOME
    }


def _text(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    seconds = getattr(value, "total_seconds", None)
    return f"{seconds():g}" if seconds else str(value)


def _me(name: str) -> dict[str, str]:
    return {variable_of(CREATOR, Settings.model_fields[CREATOR]): name} if name else {}
