import subprocess
import sys

import pytest

STARTS = ("civitai_engagement.cli", "civitai_engagement.server.app", "civitai_engagement.collect.tick")


@pytest.mark.slow
def test_no_start_loads_numpy() -> None:
    lines = [f"import sys, {', '.join(STARTS)}", "sys.exit(str({'numpy', 'scipy'} & set(sys.modules) or ''))"]
    run = subprocess.run([sys.executable, "-c", "; ".join(lines)], capture_output=True, text=True, check=False)
    assert run.stderr.strip() == ""
