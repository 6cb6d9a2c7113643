"""The machine as the user who installs sees it: whose home it is, which system, and how others start this program."""

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import platformdirs

from civitai_engagement.extras import NAME, cached_by_uv, origin_for_uvx
from civitai_engagement.setting_values import foreign_environment

EXECUTABLE = f"{NAME}.exe" if sys.platform == "win32" else NAME


@dataclass(frozen=True, slots=True)
class Machine:
    """Where this user keeps things, and how this program is started.

    >>> Machine.this().program
    ('/home/me/.local/bin/civitai-engagement',)
    """

    user_home: Path
    config: Path
    program: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False, default_factory=foreign_environment)
    system: str = sys.platform
    user: int = 0

    @classmethod
    def this(cls) -> Self:
        config = platformdirs.user_config_path(roaming=True)
        return cls(Path.home(), config, program_of_this_process(), user=_user())


def _user() -> int:
    return 0 if sys.platform == "win32" else os.getuid()


def program_of_this_process() -> tuple[str, ...]:
    """Say how this very installation is started from anywhere: whole paths, and nothing that a cache may forget."""
    if cached_by_uv():
        return (shutil.which("uvx") or "uvx", "--from", origin_for_uvx(), NAME)
    script = Path(sys.executable).parent / EXECUTABLE
    if script.exists():
        return (str(script),)
    return (sys.executable, "-m", "civitai_engagement")
