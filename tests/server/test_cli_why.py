"""`effects`, `models` and `chart --by effect` as processes."""

import asyncio
import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from civitai_engagement.modelling.studied import study
from civitai_engagement.records.findings import EVERYTHING, Study
from civitai_engagement.store.store import Store
from tests.makers import made

if TYPE_CHECKING:  # pytest loads it by itself
    from tests.server.conftest import Program

pytestmark = pytest.mark.slow
NOON = datetime(2026, 8, 1, 12, tzinfo=UTC)


async def studied(url: str, home: Path) -> None:
    store = Store(url=url, home=home)
    async with store.writing() as ledger:
        for question, rows in study(made()).items():
            await ledger.findings.keep(Study(question, EVERYTHING, 72, NOON, 20_000, 30, rows, 1.0))
    await store.close()


async def test_what_goes_with_reactions_is_told_in_tables_json_rows_and_a_picture(
    program: "Program", database_url: str, tmp_path: Path
) -> None:
    await studied(database_url, tmp_path)
    ledger = program.having(DATABASE_URL=database_url, COLUMNS="200")
    told, as_json, models, drawn, wrong = await asyncio.gather(
        ledger.run("effects", "--output", str(ledger.folder / "effects.csv")),
        ledger.run("effects", "--only", "steps", "--json"),
        ledger.run("models", "lantern", "harbour", "--kind", "checkpoint"),
        ledger.run("chart", "--by", "effect", "--output", str(ledger.folder / "effects.png")),
        ledger.run("effects", "--at-age", "soon"),
    )
    assert told[1].startswith("In 600 posts by 30 creators, steps x1.")
    assert "against the others" not in told[1]
    with (ledger.folder / "effects.csv").open(newline="", encoding="utf-8") as file:
        [steps] = [one for one in csv.DictReader(file) if one["what"] == "steps"]
    assert (steps["verdict"], steps["at_age"], steps["as_of_utc"]) == ("more", "72 h", "2026-08-01T12:00:00Z")
    assert [one["what"] for one in json.loads(as_json[1])["rows"]] == ["steps"]
    assert "lantern" in models[1]
    assert (ledger.folder / "effects.png").read_bytes().startswith(b"\x89PNG")
    assert "Drawn to " in drawn[1]
    assert wrong[0] == 1
    assert wrong[2].strip().endswith("Pass 24h, 72h or 7d.")
