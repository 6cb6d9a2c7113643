"""`make explore`: looks for what the fixed examples do not find, at random, for as many minutes as it is given.

On one core random worlds are lived through and asked (tests/worlds), on the other all generated examples are drawn
anew, round after round. What is found is printed with its seed, and becomes an explicit example: a seed in `FOUND` of
tests/worlds/test_worlds.py, or an `@example` above the test.
"""

import asyncio
import logging
import sys
import time
import traceback
from pathlib import Path
from random import SystemRandom

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from civitai_engagement.store.embedded import EmbeddedPostgres, temporary_folder  # noqa: E402
from tests.conftest import Databases, make_template  # noqa: E402
from tests.worlds.test_worlds import faults_of, plan_of  # noqa: E402

MOST_SHOWN = 12
SEEDS = 2**31
random = SystemRandom()


async def worlds(until: float) -> tuple[int, int]:
    """Live through random worlds; gives how many there were, and in how many something untrue was told."""
    seen = wrong = 0
    with temporary_folder("explore") as folder:
        async with EmbeddedPostgres(folder / "home") as url:
            await make_template(url)
            databases = Databases(url)
            while time.monotonic() < until:
                seed = random.randrange(SEEDS)
                faults = await _faults(seed, databases)
                seen, wrong = seen + 1, wrong + bool(faults)
                if faults:
                    _say(f"world {seed} ({plan_of(seed)}):", *faults[:MOST_SHOWN], f"{len(faults)} in all")
    return seen, wrong


async def _faults(seed: int, databases: Databases) -> list[str]:
    try:
        return await faults_of(plan_of(seed), databases)
    except Exception:  # noqa: BLE001 # a world that breaks us is a find like any other
        return [traceback.format_exc()]


async def examples(until: float) -> tuple[int, int]:
    """Draw all generated examples anew; gives how many rounds there were, and how many of them found something."""
    rounds = wrong = 0
    while time.monotonic() < until:
        seed = random.randrange(SEEDS)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "pytest", "-q", "-m", "hypothesis", "-p", "no:cacheprovider", "--timeout", "1200",
            "--hypothesis-profile", "explore", "--hypothesis-seed", str(seed),
            cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await process.communicate()
        rounds, wrong = rounds + 1, wrong + bool(process.returncode)
        if process.returncode:
            _say(f"generated examples, seed {seed}:", said.decode())
    return rounds, wrong


def _say(*words: str) -> None:
    print(*words, sep="\n", flush=True)  # noqa: T201 # it is what this program is for


async def main(minutes: float) -> int:
    logging.disable(logging.WARNING)  # what is found would drown in requests and runs
    until = time.monotonic() + 60 * minutes
    (seen, lied), (rounds, failed) = await asyncio.gather(worlds(until), examples(until))
    _say(
        f"{seen} worlds seen, {lied} of them told otherwise than they were; "
        f"{rounds} rounds of generated examples, {failed} of them found something."
    )
    return 1 if lied or failed else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else 20)))
