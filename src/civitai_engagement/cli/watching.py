"""`watch`, `unwatch`, `watches` and `history` at a terminal."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from civitai_engagement.cli.telling import AsJson, tell
from civitai_engagement.records.watches import Names, WatchKind

if TYPE_CHECKING:  # a command loads what it needs
    from rich.table import Table

    from civitai_engagement.answers.over_time.history_shape import EngagementHistory
    from civitai_engagement.answers.recorded.following import WatchOutcomes
    from civitai_engagement.answers.recorded.watches import WatchList
    from civitai_engagement.runtime import Runtime

app = typer.Typer()
Kind = Annotated[WatchKind, typer.Argument(help="creator or post.")]
Wished = Annotated[list[str], typer.Argument(help="Creators: names or profile URLs. Posts: ids or URLs.")]


class StepName(StrEnum):
    """How far the rows of a history are apart; auto takes what suits the time asked for."""

    AUTO = "auto"
    HOUR = "hour"
    FOUR_HOURS = "4h"
    DAY = "day"
    WEEK = "week"


@app.command()
def watch(
    kind: Kind,
    names: Wished,
    *,
    at: Annotated[str | None, typer.Option(help="Let our clock stand at an instant (UTC), for replays.")] = None,
    look: Annotated[bool, typer.Option("--look/--no-look", help="Look at once, or only follow.")] = True,
    as_json: AsJson = False,
) -> None:
    """Follow creators or posts from now on, and look at them at once."""
    from civitai_engagement.answers.operations.clock_kept import is_clock_kept
    from civitai_engagement.answers.recorded.following import watched
    from civitai_engagement.cli.collecting import standing_clock
    from civitai_engagement.library import watching

    async def ask(runtime: "Runtime") -> "WatchOutcomes":
        follow = watching.watch_and_look if look else watching.watch
        done = await follow(runtime, await _names(kind, names, runtime))
        return watched(done, runtime.clock.now(), is_clock_kept=await is_clock_kept(runtime))

    tell(ask, _outcomes, as_json=as_json, clock=standing_clock(at) if at else None)


@app.command()
def unwatch(kind: Kind, names: Wished, *, as_json: AsJson = False) -> None:
    """Stop following creators or posts; recordings and history stay."""
    from civitai_engagement.answers.recorded.following import unwatched
    from civitai_engagement.library import watching

    async def ask(runtime: "Runtime") -> "WatchOutcomes":
        return unwatched(await watching.unwatch(runtime, await _names(kind, names, runtime)))

    tell(ask, _outcomes, as_json=as_json)


@app.command()
def watches(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Watches a page.")] = 100,
    offset: Annotated[int, typer.Option(min=0, help="Watches to skip.")] = 0,
    *,
    as_json: AsJson = False,
) -> None:
    """List what is followed, and what is wrong with it."""
    from civitai_engagement.answers.recorded import watches as answers

    tell(lambda runtime: answers.watches(runtime, limit=limit, offset=offset), _watches, as_json=as_json)


@app.command()
def history(
    post: Annotated[str, typer.Argument(help="A post: its id or URL.")] = "",
    *,
    image: Annotated[str, typer.Option(help="Instead: an image, by id or URL.")] = "",
    creator: Annotated[str, typer.Option(help="Instead: a creator, by name or profile URL.")] = "",
    since: Annotated[str, typer.Option("--from", help="From this date or instant on (UTC); else 7 days back.")] = "",
    until: Annotated[str, typer.Option("--to", help="Up to this date or instant (UTC); else now.")] = "",
    step: Annotated[StepName, typer.Option(help="Time between rows.")] = StepName.AUTO,
    as_json: AsJson = False,
) -> None:
    """Show the counters of a post, an image or a creator over time."""
    from civitai_engagement.analysis.steps import STEPS
    from civitai_engagement.answers.over_time.history import history as answer
    from civitai_engagement.answers.over_time.history_shape import EngagementHistory, HistoryOptions
    from civitai_engagement.inputs.named import one_subject
    from civitai_engagement.inputs.times import instant

    async def ask(runtime: "Runtime") -> EngagementHistory:
        subject = await one_subject(runtime, post=post, image=image, creator=creator)
        window = HistoryOptions(instant("--from", since), instant("--to", until, is_end=True), STEPS.get(step))
        return await answer(runtime, subject, window)

    tell(ask, _history, as_json=as_json)


async def _names(kind: WatchKind, names: list[str], runtime: "Runtime") -> Names:
    from civitai_engagement.inputs.named import creators_of, posts_of

    if kind is WatchKind.CREATOR:
        return await creators_of(runtime, names)
    return Names.posts(await posts_of(runtime, names))


def _outcomes(answer: "WatchOutcomes") -> "Table":
    from civitai_engagement.cli.tables import cell, table

    found = {one.name: one for one in answer.looked}
    numbers = ("posts", "media", "total")
    made = table(
        "name", "outcome", *(("look", *numbers, "next look (UTC)") if found else ()), numbers=frozenset(numbers)
    )
    for name, status in answer.results.items():
        one = found.get(name)
        counted = [one.outcome, *map(cell, (one.posts, one.media, one.total)), one.next_look_at] if one else []
        made.add_row(name, status, *counted)
    return made


def _watches(answer: "WatchList") -> "Table":
    from civitai_engagement.cli.tables import table

    made = table("kind", "name", "posts", "media", "last observed", "remark", numbers=frozenset({"posts", "media"}))
    for one in answer.watches:
        counted = (str(one.posts), str(one.media), one.last_observed_at or "never")
        made.add_row(one.kind, one.name, *counted, one.problem or ("recorded" if one.recorded else ""))
    return made


def _history(answer: "EngagementHistory") -> "Table":
    from civitai_engagement.cli.tables import COUNTED, table

    numbers = (*COUNTED, "gain", "per hour")
    made = table("at (UTC)", *numbers, "remark", numbers=frozenset(numbers))
    for one in answer.steps:
        cells = [f"{value:,}" for value in one.counters] if one.counters else ["?"] * len(COUNTED)
        growth = ["" if value is None else f"{value:,g}" for value in (one.gain, one.per_hour)]
        made.add_row(one.at, *cells, *growth, one.remark)
    return made
