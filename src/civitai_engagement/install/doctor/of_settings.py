"""The settings: what cannot be read, what is misspelt, and who else may read them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from civitai_engagement.errors import BadSetup
from civitai_engagement.install.doctor.diagnosis import Diagnosis
from civitai_engagement.setting_origins import Origin, ReadSettings, WrongSetting

ABOUT = "settings"


def of_settings(given: ReadSettings) -> list[Diagnosis]:
    found = [*(_wrong(one, given.file) for one in given.wrong), *_file(given)]
    return found or [Diagnosis.good(ABOUT, _counted(given))]


def _wrong(one: WrongSetting, file: Path) -> Diagnosis:
    if not one.name:
        return Diagnosis.fault(ABOUT, one.said, one.cure)
    place = f"in {file}" if one.origin is Origin.FILE else "in the environment"
    return Diagnosis.fault(ABOUT, f"{one.name} ({place}): {one.said}.", one.cure)


def _file(given: ReadSettings) -> Iterator[Diagnosis]:
    try:
        notices = [*given.settings.notices()]
    except BadSetup:  # told as a setting that cannot be read
        return
    for notice in notices:
        said, _, cure = notice.partition(": ")
        is_open = "may be read by others" in notice
        yield Diagnosis.warning(
            ABOUT, f"{said}.", f"{cure[:1].upper()}{cure[1:]}", _closing(given.file) if is_open else None
        )


def _closing(file: Path) -> Callable[[], Awaitable[str]]:
    async def close() -> str:
        await asyncio.to_thread(file.chmod, 0o600)
        return f"{file} is yours alone now."

    return close


def _counted(given: ReadSettings) -> str:
    placed = {origin: given.names_in(origin) for origin in (Origin.ENVIRONMENT, Origin.FILE)}
    said = [
        f"{', '.join(placed[Origin.ENVIRONMENT])} from the environment" if placed[Origin.ENVIRONMENT] else "",
        f"{', '.join(placed[Origin.FILE])} from {given.file}" if placed[Origin.FILE] else "",
    ]
    return f"{'; '.join(filter(None, said)) or 'all at their defaults'}."
