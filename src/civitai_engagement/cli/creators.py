"""`creators` at a terminal."""

from typing import TYPE_CHECKING, Annotated

import typer

from civitai_engagement.cli.telling import AsJson, Output, tell

if TYPE_CHECKING:  # a command loads what it needs
    from rich.table import Table

    from civitai_engagement.answers.why.creator_profiles import CreatorProfiles
    from civitai_engagement.runtime import Runtime

app = typer.Typer()
FIGURES = ("posts", "level", "low", "high", "a_week", "spread", "first_day", "comments_per_100", "top_tenth", "growth")


@app.command()
def creators(
    names: Annotated[list[str] | None, typer.Argument(help="Only these: names or URLs; else all followed.")] = None,
    *,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many to show.")] = 20,
    as_json: AsJson = False,
    output: Output = None,
) -> None:
    """Show how creators do side by side: level, rhythm, reactions, discussion, growth."""
    from civitai_engagement.answers.why.creator_profiles import creator_profiles
    from civitai_engagement.inputs.named import creators_of

    async def ask(runtime: "Runtime") -> "CreatorProfiles":
        wanted = await creators_of(runtime, names or ())
        return await creator_profiles(runtime, list(wanted.labels.values()), limit=limit)

    tell(ask, _creators, as_json=as_json, output=output)


def _creators(answer: "CreatorProfiles") -> "Table":
    from civitai_engagement.cli.tables import table

    made = table("creator", *(one.replace("_", " ") for one in FIGURES), numbers=frozenset(FIGURES))
    for one in answer.creators:
        made.add_row(one.creator, *("" if (told := getattr(one, name)) is None else f"{told:g}" for name in FIGURES))
    return made
