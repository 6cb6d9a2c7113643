"""All of `doctor`: one look after the other, each whatever the others found."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from civitai_engagement.clock import Clock, SystemClock
from civitai_engagement.install.doctor.diagnosis import Diagnosis, Gravity
from civitai_engagement.install.doctor.of_civitai import of_civitai
from civitai_engagement.install.doctor.of_clients import of_clients
from civitai_engagement.install.doctor.of_database import of_database
from civitai_engagement.install.doctor.of_program import of_program
from civitai_engagement.install.doctor.of_service import of_service
from civitai_engagement.install.doctor.of_settings import of_settings
from civitai_engagement.install.machine import Machine
from civitai_engagement.runtime import Runtime
from civitai_engagement.setting_origins import ReadSettings, SettingOrigin


@dataclass(frozen=True, slots=True)
class Examination:
    """All that was found, and where each setting comes from."""

    found: tuple[Diagnosis, ...]
    settings: tuple[SettingOrigin, ...]

    @property
    def verdict(self) -> Gravity:
        order = list(Gravity)
        return max((one.gravity for one in self.found), key=order.index, default=Gravity.OK)


async def examine(
    machine: Machine,
    given: ReadSettings,
    *,
    clock: Clock | None = None,
    starts: bool = True,
    is_mending: bool = False,
) -> Examination:
    """Look at everything; `starts` starts what clients name, `is_mending` mends what is safe to.

    >>> (await examine(Machine.this(), read_settings())).verdict
    <Gravity.OK: 'ok'>
    """
    looked = _looked(machine, given, clock or SystemClock(), starts=starts)
    found = [await _mended(one) if is_mending else one async for one in looked]
    return Examination(tuple(found), given.origins)


async def _looked(machine: Machine, given: ReadSettings, clock: Clock, *, starts: bool) -> AsyncIterator[Diagnosis]:
    for one in (*of_program(machine), *of_settings(given)):
        yield one
    for one in await of_civitai(given.settings, clock):
        yield one
    async with Runtime(given.settings, clock=clock, is_local=True).opened(warm_up=False) as runtime:
        async for one in of_database(runtime):
            yield one
    home = given.settings.home.expanduser()
    for one in of_service(machine, home):
        yield one
    async for one in of_clients(machine, home, starts=starts):
        yield one


async def _mended(one: Diagnosis) -> Diagnosis:
    return one if one.mend is None else Diagnosis.good(one.about, f"{one.said} Mended: {await one.mend()}")
