"""One name for each sampler and each noise schedule, whatever the tool that wrote it called them."""

import re
from collections.abc import Iterator
from typing import NamedTuple

# The families, a line each: its members with names as in AUTOMATIC1111's web UI, else as in Forge. After the colon:
# other spellings, folded: of diffusers, ComfyUI, InvokeAI and NovelAI.
_SAMPLERS = """
DDIM = DDIM: ddimscheduler ddimv3; DDIM CFG++
DDPM = DDPM: ddpmscheduler
DEIS = DEIS: deismultistepscheduler
DPM = DPM adaptive; DPM fast
DPM++ 2M = DPM++ 2M: dpmsolvermultistepscheduler dpmsolvermultistep; DPM++ 2M CFG++
DPM++ 2M SDE = DPM++ 2M SDE; DPM++ 2M SDE Heun
DPM++ 2S = DPM++ 2S: dpmsolversinglestepscheduler; DPM++ 2S a: dpmpp2sancestral; DPM++ 2S a CFG++: dpmpp2sancestralcfgpp
DPM++ 3M = DPM++ 3M; DPM++ 3M SDE
DPM++ SDE = DPM++ SDE: dpmsolversdescheduler
DPM2 = DPM2: kdpm2 kdpm2discretescheduler; DPM2 a: dpm2ancestral kdpm2a kdpm2ancestral kdpm2ancestraldiscretescheduler
ER SDE = ER SDE
Euler = Euler: eulerdiscretescheduler flowmatcheulerdiscretescheduler; Euler CFG++
Euler a = Euler a: eulerancestral eulerancestraldiscretescheduler; Euler a CFG++: eulerancestralcfgpp
Heun = Heun: heundiscretescheduler; HeunPP2
IPNDM = IPNDM; IPNDM_V
LCM = LCM: lcmscheduler; TCD: tcdscheduler
LMS = LMS: lmsdiscretescheduler
PLMS = PLMS: pndm pndmscheduler
Res Multistep = Res Multistep
Restart = Restart
SMEA = NAI SMEA: naismea; NAI SMEA Dyn: naismeadyn
UniPC = UniPC: unipcmultistepscheduler
"""

_SCHEDULERS = """
Align Your Steps = Align Your Steps: ays alignyoursteps
Automatic = Automatic: auto
Beta = Beta
DDIM = DDIM: ddimuniform
Exponential = Exponential; Polyexponential
KL Optimal = KL Optimal
Karras = Karras
Linear Quadratic = Linear Quadratic
Native = Native
Normal = Normal
SGM Uniform = SGM Uniform
Simple = Simple
Turbo = Turbo
Uniform = Uniform
"""

_PREFIX = re.compile(r"^(sample_|k_)")
_INVOKE_KARRAS = re.compile(r"^(.+)_k$")
_NOT_A_LETTER = re.compile(r"[^a-z0-9]")


class Sampling(NamedTuple):
    """A sampler's name and the schedule its spelling carried, if any."""

    sampler: str
    scheduler: str | None = None


def split(spelling: str) -> Sampling:
    """Part "DPM++ 2M Karras" into "DPM++ 2M" and "Karras"; a spelling nobody knows stays, trimmed."""
    said = spelling.strip().lower()
    if (found := _INVOKE_KARRAS.fullmatch(said)) and (sampler := _SAMPLER_NAMES.get(_folded(found[1]))):
        return Sampling(sampler, "Karras")
    return _parted(said) or _parted(_PREFIX.sub("", said).removesuffix("_gpu")) or Sampling(spelling.strip())


def _parted(said: str) -> Sampling | None:
    folded = _folded(said)
    if folded in _SAMPLER_NAMES:
        return Sampling(_SAMPLER_NAMES[folded])
    for ending, scheduler in _SCHEDULER_NAMES.items():
        if folded.endswith(ending) and (sampler := _SAMPLER_NAMES.get(folded.removesuffix(ending).removesuffix("gpu"))):
            return Sampling(sampler, scheduler)
    return None


def is_sampler(spelling: str) -> bool:
    """Tell whether a spelling is one of a sampler, whatever schedule it carries."""
    return split(spelling).sampler in SAMPLER_FAMILIES


def scheduler_name(spelling: str) -> str:
    return _SCHEDULER_NAMES.get(_folded(spelling.lower()), spelling.strip())


def _folded(spelling: str) -> str:
    return _NOT_A_LETTER.sub("", spelling.replace("+", "p"))


def _members(table: str) -> Iterator[tuple[str, str, list[str]]]:
    """Give family, name and other spellings of each member."""
    for line in table.strip().splitlines():
        family, _, members = line.partition(" = ")
        for member in members.split("; "):
            name, _, others = member.partition(": ")
            yield family, name, others.split()


def _families(table: str) -> dict[str, str]:
    return {name: family for family, name, _ in _members(table)}


def _names(table: str) -> dict[str, str]:
    return {folded: name for _, name, others in _members(table) for folded in (_folded(name.lower()), *others)}


SAMPLER_FAMILIES = _families(_SAMPLERS)
SCHEDULER_FAMILIES = _families(_SCHEDULERS)
_SAMPLER_NAMES = _names(_SAMPLERS)
_SCHEDULER_NAMES = _names(_SCHEDULERS)
