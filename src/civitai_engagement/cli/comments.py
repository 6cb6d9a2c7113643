"""`comments` at a terminal."""

from typing import TYPE_CHECKING, Annotated

import typer

from civitai_engagement.cli.telling import AsJson, Output, tell

if TYPE_CHECKING:  # a command loads what it needs
    from rich.table import Table

    from civitai_engagement.answers.why.comment_tones import ReadComments
    from civitai_engagement.runtime import Runtime

app = typer.Typer()


@app.command()
def comments(
    post: Annotated[str, typer.Argument(help="A post: id or URL.")] = "",
    *,
    image: Annotated[str, typer.Option(help="Instead, one image: id or URL.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many texts.")] = 20,
    as_json: AsJson = False,
    output: Output = None,
) -> None:
    """Read comments with your own key, with their tone; nothing of them is stored."""
    from civitai_engagement.answers.why.comment_tones import read_comments
    from civitai_engagement.errors import BadInput
    from civitai_engagement.inputs.named import subject_of

    async def ask(runtime: "Runtime") -> "ReadComments":
        subject = await subject_of(runtime, post=post, image=image)
        if subject.is_anybody:
            raise BadInput("Nothing to read comments of is named.", hint="Pass a post, or --image.")
        return await read_comments(runtime, subject, limit=limit)

    tell(ask, _comments, as_json=as_json, output=output)


def _comments(answer: "ReadComments") -> "Table":
    from civitai_engagement.cli.tables import table

    made = table("at", "tone", "asks", "reactions", "text", numbers=frozenset({"reactions"}))
    for one in answer.comments:
        made.add_row(one.at, one.tone, "yes" if one.asks else "", str(one.reactions), one.text)
    return made
