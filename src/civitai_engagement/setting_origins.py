"""Where each setting comes from, and what of it cannot be read: for who looks for a mistake in them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import AliasChoices, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import EnvSettingsSource

from civitai_engagement import env_file
from civitai_engagement.errors import BadSetup
from civitai_engagement.setting_values import HOME, PREFIX, default_home, filled
from civitai_engagement.settings import Settings


class Origin(StrEnum):
    """Where a setting was found; the environment goes before the file."""

    ENVIRONMENT = "environment"
    FILE = ".env"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class SettingOrigin:
    """One setting by the name of its variable; the value of a secret is not told."""

    name: str
    value: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class WrongSetting:
    """What is wrong with a variable, and what to do about it; `name` is empty where the whole file cannot be read."""

    name: str
    said: str
    cure: str
    origin: Origin = Origin.ENVIRONMENT


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """The settings as far as they can be read, those that are wrong at their defaults."""

    settings: Settings
    origins: tuple[SettingOrigin, ...]
    wrong: tuple[WrongSetting, ...]

    @property
    def file(self) -> Path:
        return self.settings.home.expanduser() / env_file.NAME

    def names_in(self, origin: Origin) -> tuple[str, ...]:
        return tuple(one.name for one in self.origins if one.origin is origin)


def variable_of(name: str, field: FieldInfo) -> str:
    """Name the environment variable of a setting."""
    if isinstance(field.validation_alias, AliasChoices):
        return str(field.validation_alias.choices[0])
    return f"{PREFIX}{name.upper()}"


def read_settings() -> ReadSettings:
    """Read the settings whatever is wrong with them.

    >>> read_settings().wrong
    ()
    """
    given: dict[str, Any] = {}
    has_file = True
    wrong: list[WrongSetting] = []
    for _ in range(len(Settings.model_fields) + 2):
        try:
            settings = Settings(**given) if has_file else Settings(_env_file=None, **given)
        except ValidationError as error:
            found = dict(_faults(error))
            wrong += [
                WrongSetting(variable_of(name, Settings.model_fields[name]), said, _EXAMPLE)
                for name, said in found.items()
            ]
            given |= {name: Settings.model_fields[name].get_default(call_default_factory=True) for name in found}
        except BadSetup as error:
            wrong.append(WrongSetting("", error.message, error.hint))
            is_home = HOME in error.message and "home" not in given
            given, has_file = (given | {"home": default_home()}, True) if is_home else (given, False)
        else:
            return _told(settings, wrong)
    raise AssertionError("a default of ours is no value of its setting")


_EXAMPLE = "docs/settings.md says what it may be."


def _faults(error: ValidationError) -> Iterator[tuple[str, str]]:
    fields = {variable_of(name, field).lower(): name for name, field in Settings.model_fields.items()}
    for one in error.errors(include_url=False, include_input=False):
        where = str(one["loc"][0])
        yield fields.get(where.lower(), where), one["msg"].removeprefix("Value error, ")


def _told(settings: Settings, wrong: list[WrongSetting]) -> ReadSettings:
    environment, file = _environment(), _file_of(settings)
    origins = tuple(_origins(settings, environment, file))
    placed = tuple(
        WrongSetting(one.name, one.said, one.cure, _found_in(one.name, environment, file) if one.name else Origin.FILE)
        for one in wrong
    )
    return ReadSettings(
        settings, origins, (*placed, *_unknown(environment, Origin.ENVIRONMENT), *_unknown(file, Origin.FILE))
    )


def _environment() -> Mapping[str, str | None]:
    """Give what the environment sets, by names in lower case."""
    return {name: value for name, value in filled(EnvSettingsSource(Settings).env_vars).items() if value}


def _file_of(settings: Settings) -> dict[str, str | None]:
    try:
        read = env_file.read(settings.home.expanduser() / env_file.NAME)
    except BadSetup:  # told already
        return {}
    return {name.lower(): value for name, value in read.items() if value and name.upper() != HOME}


def _origins(
    settings: Settings, environment: Mapping[str, str | None], file: Mapping[str, str | None]
) -> Iterator[SettingOrigin]:
    for name, field in Settings.model_fields.items():
        variable = variable_of(name, field)
        value = getattr(settings, name)
        shown = "set" if isinstance(value, SecretStr) else "" if value is None else str(value)
        yield SettingOrigin(variable, shown, _found_in(variable, environment, file))


def _found_in(variable: str, environment: Mapping[str, str | None], file: Mapping[str, str | None]) -> Origin:
    if variable.lower() in environment:
        return Origin.ENVIRONMENT
    return Origin.FILE if variable.lower() in file else Origin.DEFAULT


def _unknown(names: Mapping[str, str | None], origin: Origin) -> Iterator[WrongSetting]:
    """Name what looks like a setting of ours and is none: most are misspelt."""
    known = [variable_of(name, field) for name, field in Settings.model_fields.items()]
    for name in (one.upper() for one in names):
        if name.startswith(PREFIX) and name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0.8)
            cure = f"Did you mean {near[0]}?" if near else "Take it out; docs/settings.md lists what there is."
            yield WrongSetting(name, "no setting has this name, so it does nothing", cure, origin)
