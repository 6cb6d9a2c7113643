"""The service: whether one is installed, starts this installation, and runs."""

from collections.abc import Iterator
from pathlib import Path

from civitai_engagement.errors import BadSetup
from civitai_engagement.install.doctor.diagnosis import Diagnosis
from civitai_engagement.install.machine import Machine
from civitai_engagement.install.service.service import INSTALL, NOT_INSTALLED, service_of

ABOUT = "service"


def of_service(machine: Machine, home: Path) -> Iterator[Diagnosis]:
    try:
        state = service_of(machine, home).state()
    except BadSetup as error:
        yield Diagnosis.fault(ABOUT, error.message, error.hint)
        return
    if not state.is_installed:
        yield Diagnosis.good(ABOUT, f"{NOT_INSTALLED} It is optional: it observes while no assistant is open.")
    elif not state.is_ours:
        yield Diagnosis.warning(ABOUT, f"{state.file} starts another installation, or keeps another home.", INSTALL)
    elif not state.is_running:
        cure = f"`civitai-engagement service logs` says why. Then: {INSTALL}"
        yield Diagnosis.fault(ABOUT, f"The service is installed ({state.file}), and does not run.", cure)
    else:
        yield Diagnosis.good(ABOUT, state.summary)
