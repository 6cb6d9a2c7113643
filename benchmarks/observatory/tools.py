"""How long the tools take over a ledger of twelve million observations, as a client of the same process sees it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from time import perf_counter
from typing import Any

from mcp import Client
from mcp.types import TextContent

from benchmarks.observatory.figures import Latency
from benchmarks.observatory.stage import Stage, queries
from civitai_engagement.server.app import build

CALLS = 40


@dataclass(frozen=True, slots=True)
class Subjects:
    """Whom to ask about: media and posts that are recorded, creators that are watched, the busiest first; of these
    creators the newest posts that are a day old."""

    images: Sequence[int]
    posts: Sequence[int]
    creators: Sequence[str]
    rated: Sequence[int]


@dataclass(frozen=True, slots=True)
class Question:
    """One way to call a tool: the arguments of the call with a number."""

    tool: str
    about: str
    arguments: Callable[[Subjects, int], dict[str, Any]]


def _of(subjects: Sequence[Any], number: int) -> str:
    return str(subjects[number % len(subjects)])


def _some(subjects: Sequence[Any], number: int, count: int) -> list[str]:
    return [_of(subjects, number * count + one) for one in range(count)]


def _by_age(subjects: Subjects, number: int) -> dict[str, Any]:
    return {"posts": _some(subjects.posts, number, 8), "by": "age"}


QUESTIONS = (
    Question("list_civitai_posts", "the newest 50", lambda _, number: {"offset": number}),
    Question("list_civitai_posts", "50 with details", lambda _, number: {"include_details": True, "offset": number}),
    Question("find_asset", "an image", lambda of, number: {"civitai_id": _of(of.images, number)}),
    Question("find_asset", "a post", lambda of, number: {"post_id": _of(of.posts, number)}),
    Question("get_engagement_history", "an image", lambda of, number: {"image": _of(of.images, number)}),
    Question("get_engagement_history", "a post", lambda of, number: {"post": _of(of.posts, number)}),
    Question("get_engagement_history", "a creator", lambda of, number: {"creator": _of(of.creators, number)}),
    Question("list_changes", "the latest 50", lambda *_: {}),
    Question("list_changes", "a creator's 200", lambda of, number: {"creator": _of(of.creators, number), "limit": 200}),
    Question("list_watches", "100", lambda _, number: {"offset": number}),
    Question("get_collection_status", "", lambda *_: {}),
    Question("get_top_movers", "24 h", lambda *_: {}),
    Question("get_top_movers", "7 days, images, by age", lambda *_: {"window": "7d", "of": "images", "by": "age"}),
    Question("get_top_movers", "a creator's", lambda of, number: {"creator": _of(of.creators, number)}),
    Question("compare_posts", "two", lambda of, number: {"posts": _some(of.posts, number, 2)}),
    Question("compare_posts", "twenty", lambda of, number: {"posts": _some(of.posts, number, 20)}),
    Question("rate_post", "of a busy creator", lambda of, number: {"post": _of(of.rated, number)}),
    Question("summarize_creator", "30 days", lambda of, number: {"username": _of(of.creators, number)}),
    Question("find_peak_hours", "a creator", lambda of, number: {"creator": _of(of.creators, number)}),
    Question("find_peak_hours", "all", lambda *_: {}),
    Question("find_unusual", "a creator", lambda of, number: {"creator": _of(of.creators, number)}),
    Question("find_unusual", "all", lambda *_: {}),
    Question("audit_library", "Civitai not asked", lambda *_: {"checks": 0}),
    Question("chart_engagement", "a post", lambda of, number: {"posts": _some(of.posts, number, 1)}),
    Question("chart_engagement", "eight posts by age", _by_age),
    Question("chart_engagement", "a creator", lambda of, number: {"creator": _of(of.creators, number)}),
)


async def measure(stage: Stage, calls: int = CALLS) -> list[Latency]:
    """Ask each question so many times; the first few, which warm things up, do not count."""
    async with Client(build(stage.runtime)) as client:
        subjects = await _subjects(stage)
        return [await _latency(client, one, subjects, calls) for one in QUESTIONS]


async def _subjects(stage: Stage) -> Subjects:
    sql = queries("reads")
    async with stage.alone() as connection:
        recorded = await sql["recorded"].all(connection)
        creators = [row["username"] for row in await sql["creators"].all(connection)]
        until = stage.clock.now() - timedelta(days=1)
        rated = await sql["newest"].all(connection, creators=creators, until=until)
    ids, posts = ([row[column] for row in recorded] for column in ("id", "post_id"))
    return Subjects(ids, list(dict.fromkeys(posts)), creators, [row["post_id"] for row in rated])


async def _latency(client: Client, question: Question, subjects: Subjects, calls: int) -> Latency:
    warm = min(calls, max(2, calls // 10))
    told = [await _asked(client, question.tool, question.arguments(subjects, one)) for one in range(calls + warm)]
    times = sorted(ms for ms, _ in told[warm:])
    p50, p95 = (times[min(int(share * len(times)), len(times) - 1)] for share in (0.5, 0.95))
    return Latency(question.tool, question.about, calls, p50, p95, times[-1], max(size for _, size in told))


async def _asked(client: Client, tool: str, arguments: dict[str, Any]) -> tuple[float, int]:
    """Give the milliseconds an answer took, and the bytes of its text.

    Raises:
        RuntimeError: It was none: the figures of an error say nothing.
    """
    started = perf_counter()
    result = await client.call_tool(tool, arguments)
    ms = 1000 * (perf_counter() - started)
    text = result.content[0]
    if result.is_error or not isinstance(text, TextContent):
        raise RuntimeError(f"{tool} answered {result.content}")
    return ms, len(text.text.encode())
