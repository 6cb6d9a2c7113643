"""`record` at a terminal: one post after another, with progress, each kept by itself."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.progress import Progress

from civitai_engagement.civitai.urls import parse_post
from civitai_engagement.cli.tables import table
from civitai_engagement.errors import EngagementError
from civitai_engagement.inputs.named import spelled_out
from civitai_engagement.library.record import record_post
from civitai_engagement.runtime import Runtime


@dataclass(frozen=True, slots=True)
class RecordOutcome:
    """What became of one post."""

    post: str
    outcome: str
    assets: int | None = None
    new_assets: int | None = None
    note: str | None = None
    error: str | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


async def record_all(runtime: Runtime, posts: Sequence[str], *, is_quiet: bool) -> list[RecordOutcome]:
    """Record posts in order; prints a bar and a table unless quiet."""
    console = Console(stderr=True, quiet=is_quiet)
    outcomes: list[RecordOutcome] = []
    with Progress(console=console, transient=True, disable=is_quiet) as progress:
        task = progress.add_task("Recording", total=len(posts))
        for text in dict.fromkeys(await spelled_out(runtime, posts)):
            progress.update(task, description=f"Recording {text[:40]}")
            outcomes.append(await _record(runtime, text))
            progress.advance(task)
    if not is_quiet:
        _show(outcomes)
    return outcomes


async def _record(runtime: Runtime, text: str) -> RecordOutcome:
    try:
        done = await record_post(runtime, parse_post(text, own_host=runtime.settings.civitai_host))
    except EngagementError as error:
        return RecordOutcome(text, "failed", error=str(error))
    outcome, note = "recorded" if done.is_new else "updated", " ".join(done.remarks()) or None
    return RecordOutcome(text, outcome, len(done.reading.media), done.new_assets, note)


def _show(outcomes: Sequence[RecordOutcome]) -> None:
    made = table("post", "outcome", "media", "new", "remark", numbers=frozenset({"media", "new"}))
    for one in outcomes:
        numbers = ["" if value is None else str(value) for value in (one.assets, one.new_assets)]
        made.add_row(one.post, one.outcome, *numbers, one.error or one.note or "")
    Console(highlight=False, markup=False).print(made)
