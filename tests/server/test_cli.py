"""Every verb of the command line as a process: what it prints, how it fails, how Ctrl-C ends it."""

import asyncio
import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from civitai_engagement import __version__
from civitai_engagement.store.migrations import head

if TYPE_CHECKING:  # pytest loads it by itself
    from tests.server.conftest import Program

pytestmark = pytest.mark.slow


async def test_posts_are_recorded_and_counted_in_json(program: "Program", furnished: Path) -> None:
    code, printed, said = await program.run("record", "77", "https://civitai.com/posts/88", "--json")
    recorded = json.loads(printed)
    assert (code, said) == (0, "")
    assert [(one["outcome"], one["assets"]) for one in recorded] == [("recorded", 5), ("recorded", 1)]
    told = json.loads((await program.run("status", "--json"))[1])
    held = told["stored"]
    assert (held["posts"], held["assets"], held["schema_revision"]) == (2, 6, head())
    assert (held["database"], told["verdict"]) == (f"embedded, in {program.home}", "off")
    assert held["disk_free_bytes"] > 0


async def test_with_airflow_no_clock_is_kept_and_a_forgotten_server_stays_quiet_and_says_why(ledger: "Program") -> None:
    code, _, said = await ledger.having(ENGINE="airflow").run("collect")
    assert code == 1
    assert "No clock is kept here: the engine set for this process is airflow" in said
    forgotten = await ledger.start("serve", "--transport", "http", "--port", "0")
    service = await ledger.start("collect", "--wait")
    code, _, said = await ledger.run("collect")
    assert (code, "the engine in force is airflow, set by " in said) == (1, True)
    for one in (service, forgotten):
        assert await one.says("this process keeps no clock reason='the engine in force is airflow")
    told = json.loads((await ledger.run("status", "--json"))[1])
    assert (told["collection"]["engine"]["engine"], told["collection"]["leader"]) == ("airflow", None)
    await service.ends_on(signal.SIGTERM)
    keeper = await ledger.start("serve", "--transport", "http", "--port", "0", "--collect")
    assert await keeper.says("this process keeps the clock")


async def test_what_is_recorded_is_told_in_tables(ledger: "Program") -> None:
    code, recorded, _ = await ledger.run("record", "77", "nonsense")
    held = (await ledger.run("status"))[1].splitlines()
    assert code == 1
    assert [line.split()[:4] for line in recorded.splitlines()[1:2]] == [["77", "recorded", "5", "5"]]
    assert "'nonsense' is neither an id nor a URL" in " ".join(recorded.split())
    assert held[0].startswith("Collecting is off: ")
    assert ["recorded", "assets", "5"] in [line.split() for line in held]


async def test_a_post_that_fails_is_named_and_the_others_are_kept(ledger: "Program") -> None:
    code, printed, _ = await ledger.run("record", "88", "999", "--json")
    kept, failed = json.loads(printed)
    assert code == 1
    assert (kept["outcome"], failed["outcome"], failed["post"]) == ("recorded", "failed", "999")
    assert "lists no media for post 999" in failed["error"]


async def test_what_a_reader_should_know_of_a_recorded_post_is_told(ledger: "Program", civitai: str) -> None:
    async with httpx.AsyncClient(base_url=civitai) as door:
        await door.post("/__sandbox/faults", json={"fault": "edge-502", "path": "/api/v1/posts", "times": 100})
    patient = ledger.having(LIVE_PATIENCE="PT1S")
    table = " ".join((await patient.run("record", "77"))[1].split())
    told = json.loads((await patient.run("record", "88", "--json"))[1])
    assert told[0]["note"] == "Civitai did not give its title, tags and date: record it again later."
    assert all(word in table for word in ("recorded", "title,", "later."))


async def test_a_post_is_shown_as_a_table_and_as_json(program: "Program") -> None:
    (_, table, _), (_, text, _) = await asyncio.gather(program.run("post", "77"), program.run("post", "77", "--json"))
    answer = json.loads(text)
    assert [one["engagement_stats"]["like"] for one in answer["assets"]] == [10, 20, 30, 40, 50]
    assert [one for one in answer["assets"] if one["civitai_image_id"] not in table] == []
    assert not program.home.exists()


async def test_what_is_watched_and_how_it_did_is_told_in_tables_and_json(ledger: "Program") -> None:
    await ledger.run("record", "77")
    code, watched, _ = await ledger.run("watch", "creator", "Ana", "https://civitai.com/user/ben")
    assert (code, watched.splitlines()[0].startswith("Creators Ana, ben are watched: 2 posts with 6 media and ")) == (
        0,
        True,
    )
    listed, history, told, stopped, refused = await asyncio.gather(
        ledger.run("watches"),
        ledger.run("history", "77"),
        ledger.run("history", "--creator", "ana", "--json"),
        ledger.run("unwatch", "post", "77", "--json"),
        ledger.run("history"),
    )
    assert {tuple(line.split()[:4]) for line in listed[1].splitlines()[3:]} >= {("creator", "Ana", "1", "5")}
    assert history[1].startswith("Post 77 stayed at 150 reactions and comments for under a minute.")
    rows = [line.split()[1:] for line in history[1].splitlines()]
    assert ["150", "0", "0", "0", "0", "first", "x5"] in rows
    assert json.loads(told[1])["media"] == 5
    assert json.loads(stopped[1])["results"] == {"77": "unwatched"}
    assert (refused[0], refused[2]) == (1, "Nothing to look at is named. Pass a post, an image or a creator.\n")


async def test_migrating_names_the_schema(ledger: "Program") -> None:
    code, printed, said = await ledger.run("migrate")
    assert (code, printed, said) == (0, "The schema is at 0018.\n", "")


async def test_the_version_is_printed(program: "Program") -> None:
    assert (await program.run("--version"))[:2] == (0, f"{__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "settings", "line"),
    [
        (["post", "nonsense"], {}, "'nonsense' is neither an id nor a URL"),
        (["status"], {"HOME": "/dev/null/home"}, "Set CIVITAI_ENGAGEMENT_HOME to a folder"),
        (["status"], {"DATABASE_URL": "postgresql://me:hunter2@127.0.0.1:1/ledger"}, "127.0.0.1:1 does not answer"),
        (["status"], {"DATABASE_URL": "hunter2 postgresql"}, "DATABASE_URL cannot be read"),
        (["serve"], {"REQUESTS_PER_SECOND": "hunter2"}, "A setting is wrong: requests_per_second:"),
        (["serve"], {"CIVITAI_BASE_URL": "ftp://hunter2"}, "A setting is wrong: CIVITAI_BASE_URL:"),
        (["serve"], {"LOG_FORMAT": "hunter2"}, "A setting is wrong: log_format:"),
    ],
)
async def test_a_failure_is_one_line_that_says_what_is_wrong_and_no_secret(
    program: "Program", arguments: list[str], settings: dict[str, str], line: str
) -> None:
    code, printed, said = await program.having(**settings).run(*arguments)
    assert (code, printed) == (1, "")
    [only] = said.splitlines()
    assert line in only
    assert "hunter2" not in said


async def test_a_folder_that_may_not_be_written_to_is_named(
    program: "Program", ordinary: Callable[["Program"], "Program"]
) -> None:
    code, _, said = await ordinary(program).run("status")
    [line] = said.splitlines()
    assert code == 1
    assert line.startswith(f"The embedded Postgres cannot use {program.folder}/home")
    assert "Permission denied" in line


async def test_a_sandbox_names_the_port_that_is_taken(program: "Program", civitai: str) -> None:
    port = civitai.rpartition(":")[2]
    code, _, said = await program.run("sandbox", "--port", port)
    taken = f"The sandbox cannot listen on port {port} of this machine: Address already in use."
    assert (code, said) == (1, f"{taken} Choose another port, or 0 for any free one.\n")


async def test_a_sandbox_names_the_worlds_there_are(program: "Program") -> None:
    code, _, said = await program.run("sandbox", "--worlds", "sunny")
    names = "usual, null, planted, confounded-creator, confounded-model, drift, survivors, viral"
    assert (code, said) == (1, f"The sandbox has no world 'sunny'. Choose one of: {names}.\n")


async def test_ctrl_c_ends_the_sandbox_without_complaint(program: "Program") -> None:
    running = await program.start("sandbox", "--port", "0", "--seed", "3")
    assert running.process.stdout
    async with asyncio.timeout(120):
        banner = [(await running.process.stdout.readline()).decode() for _ in range(2)]
    url, post = banner[1].split()[0].partition("=")[2], banner[1].split()[-1]
    async with httpx.AsyncClient(base_url=url) as client:
        assert (await client.get("/api/v1/images", params={"postId": post, "nsfw": "X"})).json()["items"]
    assert (await running.ends_on(signal.SIGINT), running.said) == (130, "Stopped.\n")
