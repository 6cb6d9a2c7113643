"""How long the tools take over a ledger of twelve million observations, as a client of the same process sees it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
    """Whom to ask about: media and posts that are recorded, creators that are watched, the busiest first."""

    images: Sequence[int]
    posts: Sequence[int]
    creators: Sequence[str]


@dataclass(frozen=True, slots=True)
class Question:
    """One way to call a tool: the arguments of the call with a number."""

    tool: str
    about: str
    arguments: Callable[[Subjects, int], dict[str, Any]]


def _of(subjects: Sequence[Any], number: int) -> str:
    return str(subjects[number % len(subjects)])


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
)


async def measure(stage: Stage, calls: int = CALLS) -> list[Latency]:
    """Ask each question so many times; the first few, which warm things up, do not count."""
    async with Client(build(stage.runtime)) as client:
        subjects = await _subjects(stage)
        return [await _latency(client, one, subjects, calls) for one in QUESTIONS]


async def _subjects(stage: Stage) -> Subjects:
    async with stage.alone() as connection:
        recorded = await queries("reads")["recorded"].all(connection)
        creators = await queries("reads")["creators"].all(connection)
    ids, posts = ([row[column] for row in recorded] for column in ("id", "post_id"))
    return Subjects(ids, posts, [row["username"] for row in creators])


async def _latency(client: Client, question: Question, subjects: Subjects, calls: int) -> Latency:
    warm = max(2, calls // 10)
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
