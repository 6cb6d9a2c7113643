"""`movers`, `unusual` and `audit` at a terminal."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from civitai_engagement.cli.telling import AsJson, Output, tell
from civitai_engagement.records.curves import Of, Scope

if TYPE_CHECKING:  # a command loads what it needs
    from rich.table import Table

    from civitai_engagement.answers.insight.movers_shape import TopMovers
    from civitai_engagement.answers.insight.unusual_shape import UnusualThings
    from civitai_engagement.answers.recorded.audit_shape import LibraryAudit
    from civitai_engagement.runtime import Runtime

app = typer.Typer()
Creator = Annotated[str, typer.Argument(help="Only this creator: name, profile URL or @me; else all that is followed.")]
What = Annotated[Of, typer.Option("--of", help="posts or images.")]
Rows = Annotated[int, typer.Option(min=1, max=1000, help="How many to show.")]


class Order(StrEnum):
    """What movers are ordered by; age is how many times what its age lets expect."""

    GAIN = "gain"
    PER_HOUR = "per_hour"
    AGE = "age"


@app.command()
def movers(
    creator: Creator = "",
    *,
    window: Annotated[str, typer.Option(help="1h to 30d.")] = "24h",
    of: What = Of.POSTS,
    by: Annotated[Order, typer.Option(help="gain, per_hour, or age: times what its age lets expect.")] = Order.GAIN,
    limit: Rows = 10,
    as_json: AsJson = False,
    output: Output = None,
) -> None:
    """Show what gained most lately."""
    from civitai_engagement.analysis.movers import By
    from civitai_engagement.answers.insight.movers_shape import MoverOptions
    from civitai_engagement.answers.insight.top_movers import top_movers
    from civitai_engagement.inputs.times import age_of

    options = MoverOptions(age_of("--window", window), of, By(by), limit)

    async def ask(runtime: "Runtime") -> "TopMovers":
        return await top_movers(runtime, await _scope(runtime, creator), options)

    tell(ask, _movers, as_json=as_json, output=output)


@app.command()
def unusual(
    creator: Creator = "", *, of: What = Of.POSTS, limit: Rows = 20, as_json: AsJson = False, output: Output = None
) -> None:
    """Show bursts and stalls, and posts far from their creator's usual."""
    from civitai_engagement.answers.insight.unusual import find_unusual

    async def ask(runtime: "Runtime") -> "UnusualThings":
        return await find_unusual(runtime, await _scope(runtime, creator), of=of, limit=limit)

    tell(ask, _unusual, as_json=as_json, output=output)


@app.command()
def audit(
    posts: Annotated[list[str] | None, typer.Argument(help="Only these posts: ids or URLs.")] = None,
    *,
    checks: Annotated[
        int | None,
        typer.Option(min=0, help="So many are compared with Civitai: if not said, the newest 10, or up to 50 named."),
    ] = None,
    limit: Rows = 40,
    as_json: AsJson = False,
    output: Output = None,
) -> None:
    """Show what became of everything recorded: gone, re-rated, growing, forgotten."""
    from civitai_engagement.answers.recorded.audit_shape import AuditOptions
    from civitai_engagement.answers.recorded.library_audit import audit_library
    from civitai_engagement.inputs.named import posts_of

    async def ask(runtime: "Runtime") -> "LibraryAudit":
        ids = tuple(await posts_of(runtime, posts or ()))
        return await audit_library(runtime, AuditOptions(ids or None, checks, limit), _silent)

    tell(ask, _audit, as_json=as_json, output=output)


async def _silent(done: int, of: int, what: str) -> None:
    del done, of, what


async def _scope(runtime: "Runtime", creator: str) -> Scope:
    from civitai_engagement.inputs.named import creator_or_all

    return Scope(creator=await creator_or_all(runtime, creator))


def _movers(answer: "TopMovers") -> "Table":
    from civitai_engagement.answers.insight.movers_shape import Mover
    from civitai_engagement.cli.tables import table_of

    return table_of(Mover, answer.movers)


def _unusual(answer: "UnusualThings") -> "Table":
    from civitai_engagement.cli.tables import table

    made = table("what", "id", "creator", "evidence")
    for one in answer.findings:
        made.add_row(one.kind, one.id, one.creator or "?", one.evidence)
    for other in answer.not_judged:
        made.add_row("not judged", str(other.n), "", f"{other.what}: {other.reason}")
    return made


def _audit(answer: "LibraryAudit") -> "Table":
    from civitai_engagement.cli.tables import cell, table

    numbers = ("stored", "live", "gain 7 d")
    made = table("post", "creator", "found", *numbers, "observed (UTC)", "remark", numbers=frozenset(numbers))
    for one in answer.posts:
        counted = map(cell, (one.stored, one.live, one.gain_7d))
        found = ", ".join(one.kinds)
        made.add_row(one.post_id, one.creator or "?", found, *counted, one.observed_at or "never", one.remark or "")
    return made
