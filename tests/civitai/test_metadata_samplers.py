import pytest

from civitai_engagement.civitai.metadata import normalise
from civitai_engagement.civitai.metadata.samplers import SAMPLER_FAMILIES, SCHEDULER_FAMILIES, scheduler_name, split


@pytest.mark.parametrize(
    ("spelling", "sampler", "scheduler"),
    [
        ("DPM++ 2M Karras", "DPM++ 2M", "Karras"),
        ("DPM++ 2M SDE Karras", "DPM++ 2M SDE", "Karras"),
        ("DPM++ 2M SDE Exponential", "DPM++ 2M SDE", "Exponential"),
        ("DPM++ 2M SGM Uniform", "DPM++ 2M", "SGM Uniform"),
        ("DPM++ SDE Karras", "DPM++ SDE", "Karras"),
        ("DPM++ 2S a Karras", "DPM++ 2S a", "Karras"),
        ("DPM2 a Karras", "DPM2 a", "Karras"),
        ("LMS Karras", "LMS", "Karras"),
        ("Euler a", "Euler a", None),
        ("Euler A", "Euler a", None),
        ("euler_a", "Euler a", None),
        ("k_euler_a", "Euler a", None),
        ("k_euler", "Euler", None),
        ("euler_ancestral", "Euler a", None),
        ("EulerAncestralDiscreteScheduler", "Euler a", None),
        ("heun", "Heun", None),
        ("k_dpm_2", "DPM2", None),
        ("k_dpm_2_a", "DPM2 a", None),
        ("dpm_2_ancestral", "DPM2 a", None),
        ("dpmpp_2m", "DPM++ 2M", None),
        ("dpmpp_2m_sde", "DPM++ 2M SDE", None),
        ("dpmpp_2m_sde_gpu", "DPM++ 2M SDE", None),
        ("dpmpp_2m_sde_gpu_karras", "DPM++ 2M SDE", "Karras"),
        ("dpmpp_2s_ancestral", "DPM++ 2S a", None),
        ("dpmpp_3m_sde_gpu", "DPM++ 3M SDE", None),
        ("sample_dpmpp_2m", "DPM++ 2M", None),
        ("DPMSolverMultistepScheduler", "DPM++ 2M", None),
        ("euler (simple)", "Euler", "Simple"),
        ("euler/ddim_uniform", "Euler", "DDIM"),
        ("ddim", "DDIM", None),
        ("uni_pc", "UniPC", None),
        ("UniPC", "UniPC", None),
        ("PLMS", "PLMS", None),
        ("DPM adaptive", "DPM adaptive", None),
        ("dpm_fast", "DPM fast", None),
        ("euler_cfg_pp", "Euler CFG++", None),
        ("DPM++ 2M alt Karras", "DPM++ 2M alt Karras", None),
        ("KKW++ 2M Karras V3 qual", "KKW++ 2M Karras V3 qual", None),
        ("DPM++ 2M Karras Test", "DPM++ 2M Karras Test", None),
        ("  uni_pc_bh2 ", "UniPC", None),
        ("Karras", "Karras", None),
        ("", "", None),
        ("euler_k", "Euler", "Karras"),
        ("dpmpp_2m_sde_k", "DPM++ 2M SDE", "Karras"),
        ("kdpm_2_a_k", "DPM2 a", "Karras"),
        ("kdpm_2", "DPM2", None),
        ("unipc_k", "UniPC", "Karras"),
        ("dpmpp_2s", "DPM++ 2S", None),
        ("dpmpp_3m_k", "DPM++ 3M", "Karras"),
        ("pndm", "PLMS", None),
        ("tcd", "TCD", None),
        ("k_dpmpp_2s_ancestral", "DPM++ 2S a", None),
        ("k_dpm_adaptive", "DPM adaptive", None),
        ("k_euler_ancestral", "Euler a", None),
        ("ddim_v3", "DDIM", None),
        ("nai_smea_dyn", "NAI SMEA Dyn", None),
        ("k_dpmpp_2", "DPM++ 2M", None),
        ("k_dpmpp_2_a", "DPM++ 2S a", None),
        ("deis_k", "DEIS", "Karras"),
        ("UniPC BH2", "UniPC", None),
        ("res_multistep_ancestral", "Res Multistep a", None),
        ("res_multistep_cfg_pp", "Res Multistep CFG++", None),
        ("gradient_estimation", "Gradient Estimation", None),
        ("exp_heun_2_x0_sde", "Exp Heun 2 x0 SDE", None),
        ("sa_solver_pece", "SA Solver PECE", None),
        ("seeds_3", "SEEDS 3", None),
        ("HeunDiscrete", "Heun", None),
        ("DPMSolverSinglestep", "DPM++ 2S", None),
        ("FlowMatchHeunDiscreteScheduler", "Heun", None),
        ("DPM SDE", "DPM++ SDE", None),
        ("DPM++ 2M EDM", "DPM++ 2M", "EDM"),
        ("UniPC FlowMatch", "UniPC", "Flow Match"),
        ("Euler A Trailing", "Euler a", "Trailing"),
        ("DPM++ SDE Substep", "DPM++ SDE", "Substep"),
        ("DPM++ 2M AYS", "DPM++ 2M", "Align Your Steps"),
        ("Euler Ancestral", "Euler a", None),
        ("dpmpp_2m + karras", "DPM++ 2M", "Karras"),
        ("Euler SMEA Dy", "Euler SMEA Dy", None),
    ],
)
def test_a_sampler_has_one_name_and_gives_up_its_schedule(spelling: str, sampler: str, scheduler: str | None) -> None:
    assert split(spelling) == (sampler, scheduler)


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("karras", "Karras"),
        ("exponential", "Exponential"),
        ("sgm_uniform", "SGM Uniform"),
        ("normal", "Normal"),
        ("simple", "Simple"),
        ("beta", "Beta"),
        ("ddim_uniform", "DDIM"),
        ("ays", "Align Your Steps"),
        ("kl_optimal", "KL Optimal"),
        ("Automatic", "Automatic"),
        (" bong_tangent ", "bong_tangent"),
    ],
)
def test_a_scheduler_has_one_name(spelling: str, name: str) -> None:
    assert scheduler_name(spelling) == name


def test_canonical_names_stay_what_they_are() -> None:
    for spelling in ("DPM++ 2M", "Euler a", "Euler a CFG++", "IPNDM_V", "DPM++ 2M SDE Heun"):
        assert split(split(spelling).sampler) == (spelling, None)


@pytest.mark.parametrize(
    ("meta", "method"),
    [
        ({"scheduler": "euler_a"}, ("Euler a", None)),
        ({"scheduler": "dpmpp_2m_k"}, ("DPM++ 2M", "Karras")),
        ({"scheduler": "ddim"}, ("DDIM", None)),
        ({"scheduler": "ddim", "sampler": "euler"}, ("Euler", "DDIM")),
        ({"sampler": "Undefined", "scheduler": "karras"}, (None, "Karras")),
        ({"sampler": "k_euler", "noise_schedule": "native"}, ("Euler", "Native")),
        ({"sampler": "k_dpmpp_2m", "noise_schedule": "exponential"}, ("DPM++ 2M", "Exponential")),
        ({"sampler": "DPM++ 2M Karras", "Schedule type": "Automatic"}, ("DPM++ 2M", "Karras")),
        ({"sampler": "DPM++ 2M", "Schedule type": "Automatic"}, ("DPM++ 2M", "Automatic")),
        ({"sampler_name": "dpmpp_2m_sde_gpu", "scheduler": "karras"}, ("DPM++ 2M SDE", "Karras")),
        ({"Sampler": "euler", "Scheduler": "(none)", "schedule_type": "simple"}, ("Euler", "Simple")),
    ],
)
def test_what_each_program_calls_scheduler_is_told_apart(meta: dict[str, str], method: tuple[str, str]) -> None:
    generation = normalise(meta)
    assert generation is not None
    assert ((generation.sampler, generation.scheduler), generation.notes) == (method, ())


def test_every_sampler_and_schedule_has_a_family() -> None:
    assert {name: SAMPLER_FAMILIES[name] for name in ("Euler", "Euler a", "TCD", "DPM++ 2M SDE Heun")} == {
        "Euler": "Euler",
        "Euler a": "Euler a",
        "TCD": "LCM",
        "DPM++ 2M SDE Heun": "DPM++ 2M SDE",
    }
    assert SCHEDULER_FAMILIES["Polyexponential"] == "Exponential"
