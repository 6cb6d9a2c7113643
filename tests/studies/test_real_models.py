"""Real models of the site: what their examples' steps and CFG go with, once creators are told apart."""

from pathlib import Path

import pytest

from civitai_engagement.modelling.effects import effects
from civitai_engagement.records.findings import EffectVerdict
from studies.real_models import frame_of, row, without_creators

FILE = Path(__file__).resolve().parents[2] / ".." / "shared" / "engagement-data" / "civitai_models_2023-07-04.csv.gz"
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not FILE.exists(), reason="the real models are not on this machine")]


def test_steps_matter_naively_and_neither_steps_nor_cfg_within_creators() -> None:
    frame = frame_of(FILE)
    naive, within = without_creators(frame), effects(frame)
    assert row(naive, "steps").verdict is EffectVerdict.MORE
    assert {row(within, name).verdict for name in ("steps", "cfg")} == {EffectVerdict.UNCERTAIN}
    assert (row(within, "steps").low or 9) < 1 < (row(within, "steps").high or 0) < 1.5
    assert not within.is_suspect
