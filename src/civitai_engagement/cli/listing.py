"""`posts` at a terminal."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from civitai_engagement.cli.telling import AsJson, Output, tell
from civitai_engagement.records.media import MediaType
from civitai_engagement.records.post_list import PostOrder

if TYPE_CHECKING:  # a command loads what it needs
    from rich.table import Table

    from civitai_engagement.answers.insight.post_list import ListedPosts
    from civitai_engagement.runtime import Runtime

app = typer.Typer()


class ContentLevel(StrEnum):
    """How freely something may be shown."""

    PG = "PG"
    PG_13 = "PG-13"
    R = "R"
    X = "X"
    XXX = "XXX"


@app.command()
def posts(
    creator: Annotated[str, typer.Argument(help="A name, a profile URL or @me; else all that is followed.")] = "",
    *,
    sort: Annotated[
        PostOrder, typer.Option(help="newest, most, or fastest: gained an hour of late.")
    ] = PostOrder.NEWEST,
    title: Annotated[str, typer.Option(help="Only with these words in the title.")] = "",
    kind: Annotated[MediaType | None, typer.Option("--type", help="Only with such media.")] = None,
    level: Annotated[ContentLevel | None, typer.Option(help="Only of this content level.")] = None,
    period: Annotated[str, typer.Option(help="Published in the last 24h, 7d, 30d; or all.")] = "all",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many to show.")] = 20,
    offset: Annotated[int, typer.Option(min=0, help="How many to skip.")] = 0,
    as_json: AsJson = False,
    output: Output = None,
) -> None:
    """List posts of anyone followed, recorded or not."""
    from civitai_engagement.answers.insight.post_list import post_list
    from civitai_engagement.inputs.listing import listing_of

    asked = {"creator": creator, "title": title, "type": kind, "level": level, "period": period}

    async def ask(runtime: "Runtime") -> "ListedPosts":
        return await post_list(runtime, await listing_of(runtime, asked, sort=sort, limit=limit, offset=offset))

    tell(ask, _posts, as_json=as_json, output=output)


def _posts(answer: "ListedPosts") -> "Table":
    from civitai_engagement.analysis.curves import HOUR, spoken_age
    from civitai_engagement.cli.tables import cell, table

    numbers = ("total", "24 h", "7 d", "times typical")
    made = table("post", "title", "creator", "age", *numbers, "link", numbers=frozenset(numbers))
    for one in answer.posts:
        age = "?" if one.age_hours is None else spoken_age(one.age_hours * HOUR)
        counted = map(cell, (one.total, one.gain_24h, one.gain_7d, one.times_typical))
        made.add_row(one.post_id, one.title or "", one.creator or "?", age, *counted, one.url)
    return made
