"""Random worlds are collected and asked: what all tools tell of them is what a plain computation finds."""

from typing import TYPE_CHECKING

import pytest

from tests.worlds.checks import CHECKS, Asked
from tests.worlds.naive import truth_of
from tests.worlds.story import Plan, told

if TYPE_CHECKING:
    from tests.conftest import Databases

pytestmark = pytest.mark.slow
WORLDS = 30  # the last of them has hundreds of posts
FOUND: tuple[int, ...] = (5003, 5004, 942491492)  # seeds that other runs found


def plan_of(seed: int) -> Plan:
    return Plan.of(seed, is_large=seed % WORLDS == WORLDS - 1)


async def faults_of(plan: Plan, databases: "Databases") -> list[str]:
    """Live through a world, ask all tools, and give what they told that is not so."""
    async with databases.one() as url, told(url, plan) as story:
        asked = Asked(story, await truth_of(story))
        asked.wrong += asked.truth.wrong
        for check in CHECKS:
            await check(asked)
        return asked.wrong


@pytest.mark.parametrize("seed", [*range(WORLDS), *FOUND])
async def test_what_is_told_of_a_random_world_is_what_can_be_known_of_it(seed: int, databases: "Databases") -> None:
    assert await faults_of(plan_of(seed), databases) == []
