import importlib
import os
import subprocess
import sys

import pytest

from civitai_engagement import modelling

STARTS = ("civitai_engagement.cli", "civitai_engagement.server.app", "civitai_engagement.collect.tick")


@pytest.mark.slow
def test_no_start_loads_numpy() -> None:
    lines = [f"import sys, {', '.join(STARTS)}", "sys.exit(str({'numpy', 'scipy'} & set(sys.modules) or ''))"]
    run = subprocess.run([sys.executable, "-c", "; ".join(lines)], capture_output=True, text=True, check=False)
    assert run.stderr.strip() == ""


def test_models_take_one_thread_unless_somebody_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    for said, taken in ((None, "1"), ("3", "3")):
        monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
        if said:
            monkeypatch.setenv("OPENBLAS_NUM_THREADS", said)
        importlib.reload(modelling)
        assert os.environ["OPENBLAS_NUM_THREADS"] == taken
