"""One name for each sampler and each noise schedule, whatever the tool that wrote it called them."""

import re
from collections.abc import Iterator
from typing import NamedTuple

# The families, a line each: its members with names as in AUTOMATIC1111's web UI, else as in Forge. After the colon:
# other spellings, folded: of diffusers, ComfyUI, InvokeAI, NovelAI, SD.Next and Draw Things.
_SAMPLERS = """
DDIM = DDIM: ddimv3; DDIM CFG++
DDPM = DDPM
DEIS = DEIS: deismultistep
DPM = DPM adaptive; DPM fast
DPM++ 2M = DPM++ 2M: dpmpp2 dpmsolverpp dpmsolvermultistep; DPM++ 2M CFG++
DPM++ 2M SDE = DPM++ 2M SDE; DPM++ 2M SDE Heun
DPM++ 2S = DPM++ 2S: dpmsolversinglestep
DPM++ 2S a = DPM++ 2S a: dpmpp2sancestral dpmpp2a; DPM++ 2S a CFG++: dpmpp2sancestralcfgpp
DPM++ 3M = DPM++ 3M; DPM++ 3M SDE
DPM++ SDE = DPM++ SDE: dpmsde dpmsolversde
DPM2 = DPM2: kdpm2 kdpm2discrete
DPM2 a = DPM2 a: dpm2ancestral kdpm2a kdpm2ancestral kdpm2ancestraldiscrete
ER SDE = ER SDE
Euler = Euler: eulerdiscrete; Euler CFG++
Euler Dy = Euler Dy; Euler SMEA Dy
Euler a = Euler a: eulerancestral eulerancestraldiscrete; Euler a CFG++: eulerancestralcfgpp
Gradient Estimation = Gradient Estimation; Gradient Estimation CFG++
Heun = Heun: heundiscrete; HeunPP2; Exp Heun 2 x0; Exp Heun 2 x0 SDE
IPNDM = IPNDM; IPNDM_V
LCM = LCM; TCD
LMS = LMS: lmsdiscrete
PLMS = PLMS: pndm
Res Multistep = Res Multistep; Res Multistep CFG++
Res Multistep a = Res Multistep a: resmultistepancestral; Res Multistep a CFG++: resmultistepancestralcfgpp
Restart = Restart
SA Solver = SA Solver; SA Solver PECE
SEEDS = SEEDS 2; SEEDS 3
SMEA = NAI SMEA: naismea; NAI SMEA Dyn: naismeadyn
UniPC = UniPC: unipcmultistep unipcbh1 unipcbh2 unipcsnr unipctu unipctq
"""

AUTOMATIC = "Automatic"  # the program chose, and does not say which
_SCHEDULERS = f"""
Align Your Steps = Align Your Steps: ays; Align Your Steps GITS; Align Your Steps 11; Align Your Steps 32
Automatic = {AUTOMATIC}: auto
Beta = Beta
DDIM = DDIM: ddimuniform
EDM = EDM
Exponential = Exponential; Polyexponential
Flow Match = Flow Match
KL Optimal = KL Optimal
Karras = Karras
Linear Quadratic = Linear Quadratic
Native = Native
Normal = Normal
SGM Uniform = SGM Uniform
Simple = Simple
Substep = Substep
Trailing = Trailing
Turbo = Turbo
Uniform = Uniform
"""

_PREFIX = re.compile(r"^(sample_|k_)")
_INVOKE_KARRAS = re.compile(r"^(.+)_k$")
_DIFFUSERS = re.compile(r"(?:edm|flowmatch|flow)?(.+?)(?:scheduler)?")
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
    found = _DIFFUSERS.fullmatch(folded)
    return Sampling(_SAMPLER_NAMES[found[1]]) if found and found[1] in _SAMPLER_NAMES else None


def is_sampler(spelling: str) -> bool:
    """Tell whether a spelling is one of a sampler, whatever schedule it carries."""
    return split(spelling).sampler in SAMPLER_FAMILIES


def scheduler_name(spelling: str) -> str:
    return _SCHEDULER_NAMES.get(_folded(spelling.lower()), spelling.strip())


def _folded(spelling: str) -> str:
    return _NOT_A_LETTER.sub("", spelling.replace(" + ", " ").replace("+", "p"))


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
