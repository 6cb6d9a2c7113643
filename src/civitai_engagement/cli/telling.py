"""How a command asks a question, prints the answer, and keeps its rows."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:  # a command loads what it needs
    from rich.table import Table

    from civitai_engagement.answers.answer import Answer
    from civitai_engagement.clock import Clock
    from civitai_engagement.runtime import Runtime

Said = TypeVar("Said", bound="Answer")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
Output = Annotated[
    Path | None, typer.Option("--output", help="Also write its rows to this file: .csv, .jsonl or .parquet.")
]


def tell(
    ask: "Callable[[Runtime], Awaitable[Said]]",
    tabled: "Callable[[Said], Table]",
    *,
    as_json: bool,
    output: Path | None = None,
    clock: "Clock | None" = None,
) -> None:
    """Ask a question, and print its answer as a table under its summary, or as JSON; keep its rows in a file if asked.

    Raises:
        BadInput: The file's name tells no format, or it cannot be written.
    """
    from civitai_engagement.cli.printing import say_json
    from civitai_engagement.cli.running import run

    keep = _keeper(output)
    answer = run(ask, clock=clock)
    if as_json:
        say_json(answer.model_dump(mode="json", exclude_unset=True))
    else:
        _print(answer, tabled(answer))
    keep(answer)


def _keeper(output: Path | None) -> "Callable[[Answer], None]":
    if output is None:
        return lambda _: None
    from civitai_engagement.cli.exporting import target_of, write_answer

    target = target_of(output)
    return lambda answer: write_answer(answer, target)


def _print(answer: "Answer", made: "Table") -> None:
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    console.print(answer.summary, style="bold")
    if made.row_count:
        console.print("", made, sep="\n")
    for note in answer.notes:
        console.print(note, style="dim")
