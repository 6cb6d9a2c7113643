"""`prompts` at a terminal."""

from typing import TYPE_CHECKING, Annotated

import typer

from civitai_engagement.cli.telling import AsJson, Output, tell
from civitai_engagement.cli.why import AtAge, Creator, Rows, Since, interval, named, times

if TYPE_CHECKING:  # a command loads what it needs
    from rich.table import Table

    from civitai_engagement.answers.why.prompt_patterns import PromptPatterns
    from civitai_engagement.runtime import Runtime

app = typer.Typer()


@app.command()
def prompts(
    creator: Creator = "",
    *,
    negative: Annotated[bool, typer.Option("--negative", help="Of negative prompts.")] = False,
    pairs: Annotated[bool, typer.Option("--pairs", help="Also phrases two by two.")] = False,
    contains: Annotated[str, typer.Option(help="Only phrases with this in them.")] = "",
    base_model: Annotated[str, typer.Option("--base-model", help="Only media of this base model.")] = "",
    at_age: AtAge = "72h",
    since: Since = "",
    limit: Rows = 20,
    as_json: AsJson = False,
    output: Output = None,
) -> None:
    """Show which phrases of prompts go with more reactions within the same creator, and what cannot be told."""
    from civitai_engagement.answers.why.prompt_patterns import PatternOptions, prompt_patterns
    from civitai_engagement.answers.why.studied_media import hours_of
    from civitai_engagement.inputs.times import instant

    async def ask(runtime: "Runtime") -> "PromptPatterns":
        question = PatternOptions(
            creator=await named(runtime, creator),
            base_model=base_model.strip() or None,
            since=instant("--since", since),
            hours=hours_of("--at-age", at_age),
            negative=negative,
            pairs=pairs,
            contains=contains.strip(),
            limit=limit,
        )
        return await prompt_patterns(runtime, question)

    tell(ask, _prompts, as_json=as_json, output=output)


def _prompts(answer: "PromptPatterns") -> "Table":
    from civitai_engagement.cli.tables import table

    numbers = ("times", "with", "without", "creators")
    made = table("phrase", "always with", "times", "95 %", "verdict", *numbers[1:], numbers=frozenset(numbers))
    for one in answer.rows:
        counted = map(str, (*one.posts, one.creators))
        ratio = (times(one.ratio), interval(one.low, one.high))
        made.add_row(one.phrase, ", ".join(one.twins or ()), *ratio, one.verdict, *counted)
    return made
