"""How the text of a setting is read, and where its files stand."""

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import SplitResult

import platformdirs
from pydantic_settings import (
    DotEnvSettingsSource,
    EnvSettingsSource,
    InitSettingsSource,
    PydanticBaseSettingsSource,
)

from civitai_engagement import env_file
from civitai_engagement.errors import BadSetup

PREFIX = "CIVITAI_ENGAGEMENT_"
NETWORK = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ssl_cert_file", "ssl_cert_dir", "sslkeylogfile")
HOME = f"{PREFIX}HOME"
OWN_DATABASE, ANY_DATABASE = f"{PREFIX}DATABASE_URL", "DATABASE_URL"
EMBEDDED = "the embedded database"  # stands where a setting would
SHARED = {"CIVITAI_API_KEY", "CIVITAI_BASE_URL", ANY_DATABASE}  # names of ours without our prefix
IN_HOME = "<home>/.env"  # stands for the file of a home that is not known yet
ROOT_HOME = Path("/var/lib/civitai-engagement")


_UNFILLED = re.compile(r"\$\{user_config\.\w+\}")


class Toolset(StrEnum):
    """Which tools belong together: what a creator asks, why media do well, and keeping a library by hand."""

    CREATOR = "creator"
    WHY = "why"
    LIBRARY = "library"


class Engine(StrEnum):
    """What starts the jobs: the clock of a process of ours, Airflow, or nothing of the two."""

    APSCHEDULER = "apscheduler"
    AIRFLOW = "airflow"
    NONE = "none"


class HomeFile(DotEnvSettingsSource):
    """The `.env` of our home, whose place it cannot set itself."""

    def _read_env_files(self) -> Mapping[str, str | None]:
        file = self.env_file
        read = {name.lower(): value for name, value in env_file.read(file).items()} if isinstance(file, Path) else {}
        return {name: value for name, value in read.items() if value and name != HOME.lower()}


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the environment: its name as it is written, and its value."""

    name: str
    value: str


def network_environment() -> dict[str, Variable]:
    """Give what the environment says of proxies and certificates, by names in lower case, which win as in curl."""
    said = {
        name: Variable(name, value)
        for wanted in NETWORK
        for name in (wanted.upper(), wanted)
        if (value := os.environ.get(name, "").strip())
    }
    return {name.lower(): variable for name, variable in said.items()}


def filled(values: Mapping[str, str | None]) -> dict[str, str | None]:
    """Leave out what a bundle's host hands on where its user filled in nothing: the name of the field itself."""
    return {name: value for name, value in values.items() if not (value and _UNFILLED.fullmatch(value))}


def drop_unfilled(environment: PydanticBaseSettingsSource) -> None:
    if isinstance(environment, EnvSettingsSource):
        environment.env_vars = filled(environment.env_vars)


def foreign_environment() -> dict[str, str]:
    """Give the environment as a program sees it that others start: what a shell sets of ours is not in it."""
    return {name: value for name, value in os.environ.items() if not is_ours(name.upper())}


def default_home() -> Path:
    """Choose the user's data folder; as root one that the unprivileged user Postgres then runs as can reach."""
    if sys.platform != "win32" and os.geteuid() == 0:
        return ROOT_HOME
    return Path(platformdirs.user_data_dir("civitai-engagement", appauthor=False))


def home_by(init: PydanticBaseSettingsSource, environment: PydanticBaseSettingsSource) -> Path:
    assert isinstance(init, InitSettingsSource)  # noqa: S101 # pydantic passes these
    assert isinstance(environment, EnvSettingsSource)  # noqa: S101
    named = init.init_kwargs.get("home") or environment.env_vars.get(HOME.lower())
    try:
        return Path(named).expanduser() if named else default_home()
    except RuntimeError as error:
        raise BadSetup(f"{HOME} names {named}, whose user is not known.", hint="Write the whole path.") from error


def is_ours(name: str) -> bool:
    return name.startswith(PREFIX) or name in SHARED


def folders_of(value: str) -> tuple[Path, ...]:
    return tuple(Path(name.strip()).expanduser() for name in value.split(os.pathsep) if name.strip())


def has_port(parts: SplitResult) -> bool:
    """Tell whether the port of a URL is one, if it names any."""
    try:
        return parts.port != 0
    except ValueError:
        return False


def words_of(value: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in value.split(",") if word.strip())


def creator_name(text: str) -> str | None:
    """Read a creator's name, with @ before it or as the address of their page; empty is nobody.

    >>> creator_name("https://civitai.com/user/Ada/posts"), creator_name("@ada"), creator_name(" ")
    ('Ada', 'ada', None)
    """
    page = text.strip().rpartition("/user/")[2]
    name = page.partition("/")[0].removeprefix("@")
    if name and not re.fullmatch(r"[A-Za-z0-9_]{1,100}", name):
        raise ValueError("pass a name of letters, digits and _, or https://civitai.com/user/NAME")
    return name or None
