"""`effects` and `models` at a terminal."""

from typing import TYPE_CHECKING, Annotated

import typer

from civitai_engagement.cli.telling import AsJson, Output, tell
from civitai_engagement.records.findings import ModelKind

if TYPE_CHECKING:  # a command loads what it needs
    from rich.table import Table

    from civitai_engagement.answers.why.model_comparison import ModelComparison
    from civitai_engagement.answers.why.parameter_effects import ParameterEffects
    from civitai_engagement.runtime import Runtime

app = typer.Typer()
Creator = Annotated[
    str, typer.Argument(help="A creator, beside others: name or profile URL; else all that is followed.")
]
AtAge = Annotated[str, typer.Option("--at-age", help="The age to compare at: 24h, 72h or 7d.")]
Since = Annotated[str, typer.Option(help="Only what was published from this date or instant on (UTC).")]
Rows = Annotated[int, typer.Option(min=1, max=1000, help="How many to show.")]


@app.command()
def effects(
    creator: Creator = "",
    *,
    only: Annotated[
        list[str] | None, typer.Option(help="Only this parameter, such as steps or LoRA; again for more.")
    ] = None,
    base_model: Annotated[str, typer.Option("--base-model", help="Only media of this base model.")] = "",
    at_age: AtAge = "72h",
    since: Since = "",
    limit: Rows = 20,
    as_json: AsJson = False,
    output: Output = None,
) -> None:
    """Show which parameters go with more reactions within the same creator, and what cannot be told."""
    from civitai_engagement.answers.why.parameter_effects import EffectOptions, parameter_effects
    from civitai_engagement.answers.why.studied_media import hours_of
    from civitai_engagement.inputs.times import instant

    async def ask(runtime: "Runtime") -> "ParameterEffects":
        question = EffectOptions(
            creator=await named(runtime, creator),
            base_model=base_model.strip() or None,
            since=instant("--since", since),
            hours=hours_of("--at-age", at_age),
            parameters=tuple(only or ()),
            limit=limit,
        )
        return await parameter_effects(runtime, question)

    tell(ask, _effects, as_json=as_json, output=output)


@app.command()
def models(
    names: Annotated[
        list[str] | None, typer.Argument(help="Only these, also two by two; else all of the kind.")
    ] = None,
    *,
    kind: Annotated[ModelKind, typer.Option(help="base, checkpoint or lora.")] = ModelKind.BASE,
    creator: Annotated[str, typer.Option(help="Only this creator's, beside others: name or profile URL.")] = "",
    at_age: AtAge = "72h",
    since: Since = "",
    limit: Rows = 20,
    as_json: AsJson = False,
    output: Output = None,
) -> None:
    """Show which base models, checkpoints or LoRAs go with more reactions within the same creator."""
    from civitai_engagement.answers.why.model_comparison import ModelOptions, model_comparison
    from civitai_engagement.answers.why.studied_media import hours_of
    from civitai_engagement.inputs.times import instant

    async def ask(runtime: "Runtime") -> "ModelComparison":
        question = ModelOptions(
            kind=kind,
            names=tuple(names or ()),
            creator=await named(runtime, creator),
            since=instant("--since", since),
            hours=hours_of("--at-age", at_age),
            limit=limit,
        )
        return await model_comparison(runtime, question)

    tell(ask, _models, as_json=as_json, output=output)


async def named(runtime: "Runtime", creator: str) -> str | None:
    from civitai_engagement.inputs.named import creator_or_all

    return await creator_or_all(runtime, creator)


def _effects(answer: "ParameterEffects") -> "Table":
    from civitai_engagement.cli.tables import table

    beside = ("others",) if answer.of.others else ()
    numbers = ("times", "with", "without", "creators")
    made = table("what", "contrast", "times", "95 %", "verdict", *numbers[1:], *beside, numbers=frozenset(numbers))
    for one in answer.rows:
        counted = map(str, (*one.posts, one.creators))
        theirs = (_figure(one.others),) if beside else ()
        made.add_row(
            one.what, one.contrast, times(one.ratio), interval(one.low, one.high), one.verdict, *counted, *theirs
        )
    return made


def _models(answer: "ModelComparison") -> "Table":
    from civitai_engagement.cli.tables import table

    beside = ("others",) if answer.of.others else ()
    numbers = ("times", "raw", "media", "posts", "creators", "share")
    made = table("model", "times", "95 %", "verdict", *numbers[1:], *beside, numbers=frozenset(numbers))
    for one in answer.rows:
        counted = map(str, (one.media, one.posts, one.creators))
        theirs = (_figure(one.others),) if beside else ()
        told = (times(one.ratio), interval(one.low, one.high), one.verdict, times(one.raw))
        made.add_row(one.name, *told, *counted, f"{one.share:.0%}", *theirs)
    return made


def times(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:g}"


def interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{low:g} to {high:g}"


def _figure(figure: list[float] | None) -> str:
    return "" if figure is None else f"{figure[0]:g} ({figure[1]:g} to {figure[2]:g})"
