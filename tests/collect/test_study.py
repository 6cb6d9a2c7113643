"""What is studied at night: everything that is followed, where it is more than is compared while somebody waits."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from civitai_engagement.analysis.cadence import night_tick
from civitai_engagement.collect.jobs import study
from civitai_engagement.collect.jobs.features import keep_outdated
from civitai_engagement.records.findings import EVERYTHING, STUDIED_AT, FoundEffects, Study
from tests.growing import Grown, write
from tests.house import START

if TYPE_CHECKING:
    from tests.collect.conftest import Collector

LIKES = ((1, 4), (24, 10), (80, 20))


async def found(collector: "Collector", question: str = "parameters") -> list[Study]:
    async with collector.house.runtime.store.reading() as ledger:
        studies = [await ledger.findings.get(question, EVERYTHING, hours) for hours in STUDIED_AT]
    return [one for one in studies if one is not None]


@pytest.fixture
async def much(collector: "Collector", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study, "LIVE_MEDIA", 3)
    born = START - timedelta(days=20)
    creators = ("Ana", "Bo")
    await write(
        collector.house.database_url,
        [Grown(one, one, born, LIKES, 200, creator=creators[one % 2]) for one in range(1, 6)],
    )
    await keep_outdated(collector.house.runtime, 100)


@pytest.mark.usefixtures("much")
async def test_what_is_too_much_to_compare_live_is_studied_once_a_night_at_every_age(collector: "Collector") -> None:
    assert (await collector.tick())["study_engagement"].error is None
    studies = await found(collector)
    assert [(one.hours, one.media, one.creators) for one in studies] == [(hours, 5, 2) for hours in STUDIED_AT]
    assert {one.made_at for one in studies} == {START}
    assert FoundEffects.model_validate(studies[0].rows).media == 5
    assert set((await found(collector, "models"))[0].rows) == {"base", "checkpoint", "lora"}
    assert "study_engagement" not in await collector.tick(hours=14)
    assert "study_engagement" in await collector.tick(hours=1)
    assert {one.made_at for one in await found(collector)} == {START + timedelta(hours=15)}


async def test_what_is_compared_live_is_not_studied_and_what_was_studied_once_is_no_answer_then(
    collector: "Collector",
) -> None:
    async with collector.house.runtime.store.writing() as ledger:
        await ledger.findings.keep(Study("parameters", EVERYTHING, 72, START - timedelta(days=9), 20_000, 99, {}, 1.0))
    assert (await collector.tick())["study_engagement"].error is None
    assert await found(collector) == []


@pytest.mark.usefixtures("much")
async def test_a_night_that_was_cut_short_goes_on_with_what_is_left(
    collector: "Collector", monkeypatch: pytest.MonkeyPatch
) -> None:
    studied: list[int] = []

    def broken(rows: Any) -> dict[str, dict[str, Any]]:
        studied.append(len(rows))
        if len(studied) == 2:
            raise ConnectionAbortedError
        return {"parameters": {}, "models": {}}

    monkeypatch.setattr(study, "_studying", lambda: broken)
    assert "Broken" in str((await collector.tick())["study_engagement"].error)
    assert [one.hours for one in await found(collector)] == [72]
    await collector.house.run("update runs set finished_at = null where job = 'study_engagement'")
    assert (await collector.tick())["study_engagement"].error is None
    assert len(studied) == 4
    assert len(await found(collector)) == 3


@pytest.mark.usefixtures("much")
async def test_without_numpy_nothing_is_studied_and_nothing_fails(
    collector: "Collector", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study, "_studying", lambda: None)
    assert (await collector.tick())["study_engagement"].error is None
    assert await found(collector) == []


def test_a_night_begins_at_three() -> None:
    third = datetime(2026, 5, 3, 3, tzinfo=UTC)
    assert [night_tick(third + timedelta(hours=hours)) for hours in (0, 23.9)] == [third, third]
    assert night_tick(third - timedelta(seconds=1)) == third - timedelta(days=1)
