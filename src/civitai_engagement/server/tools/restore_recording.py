"""Bring back what was changed or deleted."""

from typing import Annotated, Literal

from pydantic import Field

from civitai_engagement.answers.answer import Answer, count
from civitai_engagement.civitai.urls import parse_post
from civitai_engagement.inputs.recordings import needed_id, parameter_of
from civitai_engagement.inputs.times import instant
from civitai_engagement.library.restoring import Restored, restore
from civitai_engagement.records.library import RecordingKind
from civitai_engagement.server.tool import Card, Ctx, Id, When

CARD = Card("Bring back a recording", is_read_only=False, is_idempotent=False, asks_civitai=False)


class RestoredNow(Answer):
    """What came back; `fields` is empty where the whole recording was deleted."""

    kind: str
    id: str
    was_deleted: bool
    fields: list[str]
    restored_asset_ids: list[str]


async def restore_recording(
    ctx: Ctx,
    *,
    kind: Annotated[Literal["post", "asset", "prompt"], Field(description="What it is.")],
    id: Annotated[Id, Field(description="Its id.")],  # noqa: A002 # the word users know
    since: Annotated[When, Field(description="Undo all changes since then (UTC), not only the last.")] = "",
) -> RestoredNow:
    """Undo or revert the last change of a recorded post, asset or prompt, or recover (undelete) one deleted by
    accident; a post comes back with its assets. To undo the recording itself: delete_recording.
    """
    sources = ctx.request_context.lifespan_context
    number = parse_post(id, own_host=sources.settings.civitai_host) if kind == "post" else needed_id(f"{kind} id", id)
    done = await restore(sources, RecordingKind(kind), number, instant("since", since))
    return RestoredNow(
        summary=f"{kind.capitalize()} {number} {_did(done)}.",
        notes=_notes(done),
        kind=kind,
        id=str(number),
        was_deleted=done.was_deleted,
        fields=[parameter_of(name) for name in done.fields],
        restored_asset_ids=[str(one) for one in done.assets],
    )


def _did(done: Restored) -> str:
    if done.was_deleted:
        return "is recorded again" + (f", with {count(len(done.assets), 'asset')}" if done.assets else "")
    names = ", ".join(map(parameter_of, done.fields))
    return f"is as it was: {names}" if names else "is as it was already"


def _notes(done: Restored) -> list[str]:
    left = [f"Asset {number} did not come back: {reason}" for number, reason in done.left.items()]
    if done.was_deleted and done.kind is RecordingKind.POST:
        left.append("Its creator, tags and dates come back with record_civitai_post.")
    return left
