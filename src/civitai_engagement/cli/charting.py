"""`chart` at a terminal: a picture to a file, and the sentence that goes with it."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from civitai_engagement.cli.writing import refusing
from civitai_engagement.errors import BadInput

if TYPE_CHECKING:  # a command loads what it needs
    from collections.abc import Sequence

    from civitai_engagement.answers.over_time.chart import Plotted
    from civitai_engagement.answers.over_time.effect_chart import PlottedEffects
    from civitai_engagement.charts.chart import By
    from civitai_engagement.runtime import Runtime

app = typer.Typer()


class Axis(StrEnum):
    """Along what the lines run, or what goes with reactions."""

    TIME = "time"
    AGE = "age"
    EFFECT = "effect"


class ChartCounter(StrEnum):
    """What a chart counts; total is reactions and comments."""

    TOTAL = "total"
    LIKE = "like"
    HEART = "heart"
    LAUGH = "laugh"
    CRY = "cry"
    COMMENT = "comment"


@app.command()
def chart(
    subjects: Annotated[
        list[str] | None,
        typer.Argument(help="Up to 8: posts by id or URL, images by URL, creators by name or profile URL."),
    ] = None,
    *,
    output: Annotated[Path, typer.Option(help="The file to write: .png or .svg.")],
    by: Annotated[
        Axis, typer.Option(help="time, age since publication, or effect: what goes with reactions.")
    ] = Axis.TIME,
    counter: Annotated[
        ChartCounter, typer.Option(help="total, like, heart, laugh, cry or comment.")
    ] = ChartCounter.TOTAL,
    since: Annotated[
        str, typer.Option("--from", help="From this date or instant on (UTC); else 7 days back, by age the whole life.")
    ] = "",
    until: Annotated[str, typer.Option("--to", help="Up to this date or instant (UTC); else now.")] = "",
) -> None:
    """Draw how posts, images or creators did over time, as a PNG or SVG file (docs/charts.md)."""
    from civitai_engagement.answers.over_time.chart import ChartOptions, plotted
    from civitai_engagement.charts import draw, draw_effects
    from civitai_engagement.cli.printing import say
    from civitai_engagement.cli.running import run
    from civitai_engagement.inputs.named import any_subjects
    from civitai_engagement.inputs.times import instant

    as_vectors = _is_svg(output)
    if by is Axis.EFFECT:
        found = run(lambda runtime: _effects(runtime, subjects or (), since))
        _write(output, draw_effects(found.chart, as_vectors=as_vectors))
        say("\n".join([found.answer.summary, *found.answer.notes, f"Drawn to {output}."]))
        return

    async def ask(runtime: "Runtime") -> "Plotted":
        named = tuple(dict.fromkeys(await any_subjects(runtime, subjects or ())))
        window = (instant("--from", since), instant("--to", until, is_end=True))
        along: By = "age" if by is Axis.AGE else "time"
        return await plotted(runtime, ChartOptions(named, along, counter.value, *window))

    made = run(ask)
    _write(output, draw(made.chart, as_vectors=as_vectors))
    say("\n".join([made.answer.summary, *made.chart.notes, f"Drawn to {output}."]))


async def _effects(runtime: "Runtime", subjects: "Sequence[str]", since: str) -> "PlottedEffects":
    from civitai_engagement.answers.over_time.effect_chart import plotted_effects
    from civitai_engagement.inputs.comparisons import effects_of
    from civitai_engagement.inputs.named import any_subjects

    named = await any_subjects(runtime, subjects)
    return await plotted_effects(runtime, effects_of(named, since=since))


def _is_svg(output: Path) -> bool:
    """Tell which of the two kinds of picture a file is to be; without an ending it is PNG."""
    ending = output.suffix.lower()
    if ending not in {"", ".png", ".svg"}:
        raise BadInput(f"{output.name}: charts are drawn as PNG or SVG.", hint="Name the file .png or .svg.")
    return ending == ".svg"


def _write(output: Path, picture: bytes) -> None:
    with refusing(output):
        output.write_bytes(picture)
