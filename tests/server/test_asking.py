"""`movers`, `unusual` and `audit` as people run them."""

import asyncio
import json
import math
from csv import DictReader
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import asyncpg

from tests.growing import Grown, write

if TYPE_CHECKING:
    from tests.server.conftest import Program

HOUR = timedelta(hours=1)
RECORDED = """
insert into posts (post_id, civitai_url, status, created_by, recorded_at, updated_at)
values (1, 'https://civitai.com/posts/1', 'published', 'me', now(), now()), (99, '', 'pending', 'me', now(), now())
"""


async def test_what_stands_out_is_told_in_tables_and_json(ledger: "Program", database_url: str) -> None:
    now = datetime.now(UTC)
    born = now - 20 * HOUR
    usual = [(hour, round(90 * math.log1p(hour))) for hour in range(1, 20)]
    grown = [
        Grown(10 * post, post=post, born=born - post * 24 * HOUR, likes=usual, seen_to=20 + post * 24)
        for post in range(20)
    ]
    await write(database_url, [*grown, Grown(1, post=100, born=born, likes=((1, 4), (19, 4000)), seen_to=20)])
    connection = await asyncpg.connect(database_url)
    await connection.execute(RECORDED)
    await connection.close()
    movers, unusual, audit, one = await asyncio.gather(
        ledger.run("movers"),
        ledger.run("unusual", "Ana"),
        ledger.run("audit", "--checks", "0"),
        ledger.run("audit", "1", "--checks", "0", "--json"),
    )
    assert movers[1].startswith("Post 100 by Ana gained most: 4,000 reactions and comments in 20 observed hours")
    assert [line.split()[:6] for line in movers[1].splitlines() if line.startswith("100 ")] == [
        ["100", "Ana", "20", "4,000", "20", "200"]
    ]
    assert any(line.split()[:3] == ["below", "100", "Ana"] for line in unusual[1].splitlines())
    assert any(line.split()[:3] == ["99", "?", "never"] for line in audit[1].splitlines())
    assert json.loads(one[1])["recorded"] == 1


async def test_an_answer_is_kept_as_a_file_beside_what_is_printed(ledger: "Program", database_url: str) -> None:
    born = datetime.now(UTC) - 20 * HOUR
    await write(database_url, [Grown(1, post=100, born=born, likes=((1, 4), (19, 40)), seen_to=20)])
    as_csv, as_lines = await asyncio.gather(
        ledger.run("movers", "--output", "kept.csv"),
        ledger.run("movers", "--of", "images", "--json", "--output", "kept.jsonl"),
    )
    assert as_csv[1].startswith("Post 100 by Ana gained most: 40 reactions and comments")
    assert "1 row written to kept." in as_csv[2]
    with (ledger.folder / "kept.csv").open(newline="", encoding="utf-8") as file:
        [row] = DictReader(file)
    assert [row[name] for name in ("id", "creator", "window", "gain", "times_own")] == [
        *("100", "Ana", "24 h", "40", "")
    ]
    [line] = map(json.loads, (ledger.folder / "kept.jsonl").read_text(encoding="utf-8").splitlines())
    answer = json.loads(as_lines[1])
    assert (line["id"], line["times_own"], line["as_of_utc"]) == ("1", None, answer["as_of"])
    assert line.items() >= {key: value for key, value in answer["movers"][0].items() if key != "own_interval"}.items()
    nameless = await ledger.run("movers", "--output", "kept.txt")
    said = "kept.txt does not say which format to write. End it in .csv, .jsonl or .parquet.\n"
    assert nameless == (1, "", said)
    nowhere = await ledger.run("movers", "--output", "absent/kept.csv")
    assert (nowhere[0], nowhere[1][:28]) == (1, "Post 100 by Ana gained most:")
    assert nowhere[2] == "absent/kept.csv cannot be written: No such file or directory. Name another file.\n"
