"""Models that media name by number only are named by and by, in the budget of the background."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from civitai_engagement.collect.name_models import MOST_A_ROUND, NAMES_LAST
from civitai_engagement.records.made import MadeScope
from civitai_engagement.sandbox.catalogue import ModelVersion
from civitai_engagement.sandbox.metadata import file_hash
from tests.house import START

if TYPE_CHECKING:
    from tests.collect.conftest import Collector

INK, GONE = 9, 10


def used(*versions: int) -> dict[str, Any]:
    resources = [{"type": "lora", "modelVersionId": version, "weight": 0.8} for version in versions]
    return {"prompt": "a fox", "steps": 30, "civitaiResources": resources}


@pytest.fixture
async def numbered(collector: "Collector") -> "Collector":
    house = collector.house
    [item] = house.post(1)
    house.world.change(item.id, meta=used(INK, GONE))
    house.world.versions[INK] = ModelVersion(INK, 4, "Ink", "v2", "SDXL 1.0", START, "LORA")
    await house.good("record_civitai_post", posts=["77"])
    await collector.tick(hours=1)
    return collector


async def loras(collector: "Collector") -> tuple[str, ...] | None:
    async with collector.house.runtime.store.reading() as ledger:
        [one] = await ledger.features.made(MadeScope(), limit=9)
    return one.features.loras


async def all_loras(collector: "Collector") -> list[tuple[str, ...] | None]:
    async with collector.house.runtime.store.reading() as ledger:
        told = [one.features.loras for one in await ledger.features.made(MadeScope(), limit=9)]
    return sorted(told, key=lambda names: names or ())


async def asked(collector: "Collector") -> list[str]:
    paths = [one["path"] for one in await collector.house.asked()]
    await collector.house.forget()
    return [path for path in paths if "model-versions" in path]


async def test_a_number_is_named_at_the_next_round_and_asked_for_again_only_after_weeks(
    numbered: "Collector",
) -> None:
    assert await loras(numbered) == ("version 10", "version 9")
    runs = await numbered.tick(hours=4)
    assert await loras(numbered) == ("Ink (v2)", "version 10")
    assert await asked(numbered) == [f"/api/v1/model-versions/mini/{INK}", f"/api/v1/model-versions/mini/{GONE}"]
    assert runs["collect_new_images"].requests >= 2
    await numbered.tick(hours=4)
    assert await asked(numbered) == []
    numbered.house.restart()
    del numbered.house.world.versions[INK]
    await numbered.tick(hours=NAMES_LAST / timedelta(hours=1))
    assert len(await asked(numbered)) == 2
    assert await loras(numbered) == ("Ink (v2)", "version 10"), "what is gone keeps the name it had"


SAME: dict[str, dict[str, Any]] = {
    "by file": {"resources": [{"type": "lora", "name": "styles/INK.safetensors"}]},
    "by tag": {"prompt": "a fox <lora:Ink:0.8>"},
    "by a short hash": {"resources": [{"type": "lora", "hash": file_hash(INK)}]},
    "by a long hash": {"hashes": {"lora": f"0x{file_hash(INK).upper()}{'0' * 54}"}},
}


@pytest.mark.parametrize("how", SAME)
async def test_what_a_number_names_and_what_a_file_or_hash_names_is_told_as_one(
    numbered: "Collector", how: str
) -> None:
    house = numbered.house
    [other] = house.post(1, 78)
    house.world.change(other.id, meta={"prompt": "a fox", "steps": 30} | SAME[how])
    await house.good("record_civitai_post", posts=["78"])
    await numbered.tick(hours=5)
    assert await all_loras(numbered) == [("Ink (v2)",), ("Ink (v2)", "version 10")]


async def test_a_file_of_two_versions_and_one_of_a_checkpoint_tell_nothing_of_a_lora(numbered: "Collector") -> None:
    house = numbered.house
    house.world.versions[GONE] = ModelVersion(GONE, 4, "Ink", "v3", "SDXL 1.0", START, "LORA")
    others: dict[int, dict[str, Any]] = {78: SAME["by file"], 79: {"Model": "Ink"}}
    for post_id, meta in others.items():
        [other] = house.post(1, post_id)
        house.world.change(other.id, meta={"prompt": "a fox", "steps": 30} | meta)
    await house.good("record_civitai_post", posts=["78", "79"])
    await numbered.tick(hours=5)
    assert await all_loras(numbered) == [(), ("INK",), ("Ink (v2)", "Ink (v3)")]
    async with house.runtime.store.reading() as ledger:
        assert {one.features.checkpoint for one in await ledger.features.made(MadeScope(), limit=9)} == {None, "Ink"}


async def test_a_name_that_is_not_answered_is_asked_for_again_at_the_next_round(numbered: "Collector") -> None:
    await numbered.house.arm("edge-403")
    await numbered.tick(hours=4)
    assert await loras(numbered) == ("version 10", "version 9")
    await numbered.house.heal()
    await numbered.tick(hours=4)
    assert await loras(numbered) == ("Ink (v2)", "version 10")


async def test_a_round_asks_for_so_many_names_and_no_more(collector: "Collector") -> None:
    await collector.house.run(
        "insert into feature_terms (kind, term)"
        " select 'lora', 'version ' || n from generate_series(1, 99) as n union all"
        " select 'lora', name from unnest(array['version 0', 'version 9999999999', 'version x', 'ink']) as name"
    )
    await collector.tick()
    assert len(await asked(collector)) == MOST_A_ROUND
