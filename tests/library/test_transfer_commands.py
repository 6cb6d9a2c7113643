"""`import` and `export` as a person uses them: processes, exit codes, words on standard error."""

import asyncio
import csv
import json
import os
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from civitai_engagement import log
from civitai_engagement.cli import commands
from civitai_engagement.errors import BadSetup
from civitai_engagement.sandbox import Item
from tests.older import older_server

if TYPE_CHECKING:
    from tests.house import House

pytestmark = pytest.mark.slow


FULL_DISK = Path("/dev/full")
on_linux = pytest.mark.skipif(not FULL_DISK.exists(), reason="there is no device that is always full")


async def run(house: "House", *arguments: str, into: int = PIPE) -> tuple[int | None, str, str]:
    environment = {**os.environ, "CIVITAI_BASE_URL": house.url, "DATABASE_URL": house.database_url}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "civitai_engagement", *arguments), env=environment, stdout=into, stderr=PIPE
    )
    printed, said = await process.communicate()
    return process.returncode, (printed or b"").decode(), said.decode()


async def test_a_list_is_imported_exported_and_imported_again(house: "House", tmp_path: Path) -> None:
    house.post(2, 77)
    listed, exported = tmp_path / "posts.csv", tmp_path / "exported.csv"
    listed.write_text("post\n77\nnonsense\n")
    code, printed, said = await run(house, "import", str(listed))
    assert (code, printed) == (1, "")
    assert "line 3" in said
    assert "1 failed, 1 imported." in said
    code, _, said = await run(house, "export", "posts", "--output", str(exported))
    assert (code, said[:20]) == (0, "1 row of posts as of")
    code, _, said = await run(house, "import", str(exported))
    assert (code, "1 already there." in said) == (0, True)


async def test_what_a_spreadsheet_would_compute_is_guarded_by_the_command_and_a_loss_stays_a_number(
    house: "House", tmp_path: Path
) -> None:
    house.world.add_post(post_id=77, username="Ana", items=[Item(meta={"prompt": "-cat"})], title="=1")
    await house.good("record_civitai_post", posts=[77])
    await house.run("update image_stats_history set like_gain = -5")
    told = [await exported(house, tmp_path / f"{what}.csv") for what in ("posts", "assets", "history")]
    assert [told[0]["title"], told[1]["prompt"], told[2]["like_gain"]] == ["'=1", "'-cat", "-5"]
    assert (await exported(house, tmp_path / "assets.csv", "--no-apostrophes"))["prompt"] == "-cat"
    code, _, said = await run(house, "import", str(tmp_path / "posts.csv"))
    assert (code, "1 already there." in said) == (0, True)


async def exported(house: "House", path: Path, *flag: str) -> dict[str, str]:
    assert (await run(house, "export", path.stem, "--output", str(path), *flag))[0] == 0
    with path.open(newline="", encoding="utf-8") as file:
        [row] = csv.DictReader(file)
    return row


async def test_of_a_page_saved_from_the_api_its_posts_are_followed_and_no_other_number(
    house: "House", tmp_path: Path
) -> None:
    for post_id in (77, 691):
        house.post(1, post_id)
    page = {"items": [{"id": 900, "postId": 77, "modelVersionIds": [128, 691]}], "metadata": {}}
    listed = tmp_path / "page.json"
    listed.write_text(json.dumps(page, indent=2))
    code, _, said = await run(house, "import", str(listed))
    assert (code, "1 imported." in said) == (0, True)
    assert await house.rows("select name from watches") == [("77",)]


async def test_rows_that_begin_with_a_hash_are_imported_and_what_is_passed_over_is_counted(
    house: "House", tmp_path: Path
) -> None:
    house.post(1, 77)
    listed = tmp_path / "posts.csv"
    listed.write_text(f"sep=;\r\ntitle;url\r\n#1 best;{house.url}/posts/77.\r\n# mine\r\nnone yet;\r\n")
    code, _, said = await run(house, "import", str(listed))
    assert (code, "1 imported, 2 passed over." in said) == (0, True)
    assert "it names no post" in said


async def test_an_older_database_is_imported_by_its_url(house: "House", postgres: str) -> None:
    async with older_server(postgres, f"given_{os.getpid()}") as older:
        await older.sync(await older.asset(civitai_id="501"), like=3)
        code, _, said = await run(house, "import", "--from-database", older.url)
    assert (code, "2 imported." in said) == (0, True)
    _, printed, _ = await run(house, "export", "history", "--format", "jsonl")
    assert '"civitai_image_id": 501' in printed


@pytest.mark.parametrize("arguments", [(), ("posts.csv", "--from-database", "postgresql://me:hunter2@127.0.0.1/x")])
async def test_a_file_or_a_database_is_asked_for(house: "House", arguments: tuple[str, ...]) -> None:
    code, _, said = await run(house, "import", *arguments)
    assert (code, said) == (1, "Pass a file of posts, or --from-database with a URL.\n")


def test_the_password_of_the_older_database_is_none_of_the_log_s_words(monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[str, Any] = {}
    monkeypatch.setattr(log, "configure", told.update)
    with pytest.raises(BadSetup, match="--from-database cannot be read"):
        commands.import_(from_database="postgresql://me:hunt#er2@127.0.0.1/x")
    assert "hunt#er2" in told["secrets"]


@on_linux
async def test_a_full_disk_is_told_by_the_name_of_what_cannot_be_written(house: "House", postgres: str) -> None:
    why = "cannot be written: No space left on device. Make room there, or name another file.\n"
    async with older_server(postgres, f"full_{os.getpid()}") as older:
        await older.post("77")
        said = await run(house, "import", "--from-database", older.url, "--report", str(FULL_DISK))
    assert said == (1, "", f"/dev/full {why}")
    assert await house.rows("select count(*) from posts") == [(0,)]
    with FULL_DISK.open("wb") as full:
        assert await run(house, "export", "posts", into=full.fileno()) == (1, "", f"Standard output {why}")


async def test_a_reader_that_stops_reading_is_no_error(house: "House") -> None:
    long = "x" * 4000
    await house.run(
        "insert into prompts (content, created_by, recorded_at, updated_at) values ($1, 'me', now(), now())", long
    )
    await house.run(
        "insert into assets "
        "(asset_type, asset_source, asset_url, input_prompt_id, created_by, recorded_at, updated_at) "
        "select 'image', 'upload', 'https://files.example/' || n, prompt_id, 'me', now(), now() "
        "from prompts, generate_series(1, 6000) as n"
    )
    environment = {**os.environ, "DATABASE_URL": house.database_url}
    command = f"{sys.executable} -m civitai_engagement export assets | head -1"
    process = await asyncio.create_subprocess_exec(
        *("bash", "-o", "pipefail", "-c", command), env=environment, stdout=PIPE, stderr=PIPE
    )
    printed, said = await process.communicate()
    assert (process.returncode, printed.decode()[:9]) == (0, "asset_id,")
    assert "Traceback" not in said.decode()
    assert "Error" not in said.decode()
