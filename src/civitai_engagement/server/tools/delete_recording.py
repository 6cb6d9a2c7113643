"""Delete what was recorded by mistake."""

from typing import Annotated, Literal

from pydantic import Field

from civitai_engagement.answers.answer import Answer, count
from civitai_engagement.civitai.urls import parse_post
from civitai_engagement.inputs.recordings import needed_id
from civitai_engagement.library.keeping import remove
from civitai_engagement.records.library import RecordingKind
from civitai_engagement.server.tool import Card, Ctx, Id

CARD = Card("Delete a recording", is_read_only=False, is_destructive=True, asks_civitai=False)


class Deleted(Answer):
    """What was deleted."""

    kind: str
    id: str
    deleted_asset_ids: list[str]


async def delete_recording(
    ctx: Ctx,
    *,
    kind: Annotated[Literal["post", "asset", "prompt"], Field(description="What it is.")],
    id: Annotated[Id, Field(description="Its id.")],  # noqa: A002 # the word users know
) -> Deleted:
    """Delete or remove a post (with its assets), an asset or a prompt that was recorded by mistake. To undo, erase,
    throw out or forget a wrong recording; ask the user first.

    What was observed, and its history, stays. To stop following: unwatch_post.
    """
    sources = ctx.request_context.lifespan_context
    number = parse_post(id, own_host=sources.settings.civitai_host) if kind == "post" else needed_id(f"{kind} id", id)
    done = await remove(sources, RecordingKind(kind), number)
    with_assets = f" with {count(len(done.assets), 'asset')}" if done.assets else ""
    return Deleted(
        summary=f"The recording of {kind} {number}{with_assets} is deleted; its observed history stays.",
        notes=[],
        kind=kind,
        id=str(number),
        deleted_asset_ids=[str(one) for one in done.assets],
    )
