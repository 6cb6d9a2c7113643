"""One name for each sampler and each noise schedule, whatever the tool that wrote it called them."""

import re
from typing import NamedTuple

# Names as in AUTOMATIC1111's web UI, else as in Forge. After the colon: other spellings, folded.
_SAMPLERS = """
DDIM: ddimscheduler
DDIM CFG++
DDPM: ddpmscheduler
DEIS: deismultistepscheduler
DPM adaptive
DPM fast
DPM++ 2M: dpmsolvermultistepscheduler dpmsolvermultistep
DPM++ 2M CFG++
DPM++ 2M SDE
DPM++ 2M SDE Heun
DPM++ 2S a: dpmpp2sancestral
DPM++ 3M SDE
DPM++ SDE: dpmsolversdescheduler
DPM2: kdpm2discretescheduler
DPM2 a: dpm2ancestral kdpm2ancestraldiscretescheduler
ER SDE
Euler: eulerdiscretescheduler
Euler a: eulerancestral eulerancestraldiscretescheduler
Euler CFG++
Euler a CFG++: eulerancestralcfgpp
Heun: heundiscretescheduler
HeunPP2
IPNDM
IPNDM_V
LCM: lcmscheduler
LMS: lmsdiscretescheduler
PLMS
Res Multistep
Restart
UniPC: unipcmultistepscheduler
"""

_SCHEDULERS = """
Align Your Steps: ays alignyoursteps
Automatic: auto
Beta
DDIM: ddimuniform
Exponential
KL Optimal
Karras
Linear Quadratic
Normal
Polyexponential
SGM Uniform
Simple
Turbo
Uniform
"""

_PREFIX = re.compile(r"^(sample_|k_)")
_NOT_A_LETTER = re.compile(r"[^a-z0-9]")


class Sampling(NamedTuple):
    """A sampler's name and the schedule its spelling carried, if any."""

    sampler: str
    scheduler: str | None = None


def split(spelling: str) -> Sampling:
    """Part "DPM++ 2M Karras" into "DPM++ 2M" and "Karras"; a spelling nobody knows stays, trimmed."""
    folded = _folded(_PREFIX.sub("", spelling.strip().lower()).removesuffix("_gpu"))
    if folded in _SAMPLER_NAMES:
        return Sampling(_SAMPLER_NAMES[folded])
    for ending, scheduler in _SCHEDULER_NAMES.items():
        if folded.endswith(ending) and (sampler := _SAMPLER_NAMES.get(folded.removesuffix(ending).removesuffix("gpu"))):
            return Sampling(sampler, scheduler)
    return Sampling(spelling.strip())


def scheduler_name(spelling: str) -> str:
    return _SCHEDULER_NAMES.get(_folded(spelling.lower()), spelling.strip())


def _folded(spelling: str) -> str:
    return _NOT_A_LETTER.sub("", spelling.replace("+", "p"))


def _names(table: str) -> dict[str, str]:
    rows = (line.partition(": ") for line in table.strip().splitlines())
    return {folded: name for name, _, others in rows for folded in (_folded(name.lower()), *others.split())}


_SAMPLER_NAMES = _names(_SAMPLERS)
_SCHEDULER_NAMES = _names(_SCHEDULERS)
