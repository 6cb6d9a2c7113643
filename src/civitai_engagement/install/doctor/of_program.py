"""The program itself: its version, Python's, the extras, and where it stands."""

import platform
from collections.abc import Iterator
from importlib.metadata import version
from importlib.util import find_spec

from civitai_engagement import __version__
from civitai_engagement.extras import cached_by_uv, how_to_add
from civitai_engagement.install.doctor.diagnosis import Diagnosis
from civitai_engagement.install.machine import Machine

EXTRAS = {"charts": "matplotlib", "parquet": "pyarrow", "why": "scipy"}


def of_program(machine: Machine) -> Iterator[Diagnosis]:
    python = platform.python_version()
    said = f"civitai-engagement {__version__} on Python {python}, mcp {version('mcp')}: {' '.join(machine.program)}."
    yield Diagnosis.good("versions", said)
    missing = [extra for extra, module in EXTRAS.items() if find_spec(module) is None]
    if missing:
        yield Diagnosis.good("versions", f"Without {', '.join(missing)}; to add all: `{how_to_add('all')}`.")
    if cached_by_uv():
        cure = "Run `uv tool install civitai-engagement`, then `civitai-engagement setup`."
        yield Diagnosis.warning("versions", "It runs from uv's cache, which may be emptied any time.", cure)
