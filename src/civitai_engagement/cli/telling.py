"""How a command asks a question and prints the answer."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:  # a command loads what it needs
    from rich.table import Table

    from civitai_engagement.answers.answer import Answer
    from civitai_engagement.runtime import Runtime

Said = TypeVar("Said", bound="Answer")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


def tell(ask: "Callable[[Runtime], Awaitable[Said]]", tabled: "Callable[[Said], Table]", *, as_json: bool) -> None:
    """Ask a question, and print its answer as a table under its summary, or as JSON."""
    from rich.console import Console

    from civitai_engagement.cli.commands import run, say_json

    answer = run(ask)
    if as_json:
        say_json(answer.model_dump(mode="json", exclude_unset=True))
        return
    console = Console(highlight=False, markup=False)
    console.print(answer.summary, style="bold")
    made = tabled(answer)
    if made.row_count:
        console.print("", made, sep="\n")
    for note in answer.notes:
        console.print(note, style="dim")
