"""Link a file to a Civitai image that recording has made an asset of: the file's own asset takes that one's place."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from civitai_engagement.errors import BadInput
from civitai_engagement.library.auditing import Auditor
from civitai_engagement.records.library import AssetDraft, Recording, RecordingKind

if TYPE_CHECKING:
    from civitai_engagement.store.ledger import Ledger

LEFT = ("post_id", "input_prompt_id")


async def take_over(
    ledger: "Ledger", auditor: Auditor, number: int, changes: Mapping[str, Any]
) -> tuple[Mapping[str, Any], int | None]:
    """Let an asset take the place of the one that recording made of its image, which is deleted.

    Gives the changes with what that one leaves, its post and its prompt where there is none, and the id that is gone.

    Raises:
        BadInput: That one holds something that a user entered.
    """
    image_id = changes.get("image_id")
    other = None if image_id is None else await ledger.recordings.asset_of_image(image_id)
    if image_id is None or other is None or other == number:
        return changes, None
    own, gone = await _taken(ledger, number, other)
    if own is None or gone is None or gone.draft.image_id != image_id:
        return changes, None
    is_source = other in changes.get("input_asset_ids", own.draft.input_asset_ids)
    if is_source or not await ledger.assets.is_only_recorded(other):
        raise recorded_already(image_id, other)
    await _replace(ledger, auditor, gone, number)
    left = {name: getattr(gone.draft, name) for name in LEFT if getattr(own.draft, name) is None}
    return {**left, **changes}, other


async def _taken(ledger: "Ledger", number: int, other: int) -> list[Recording[AssetDraft] | None]:
    """Lock both in the order of their ids, as whoever locks several does."""
    taken = {one: await ledger.recordings.assets.take(one) for one in sorted((number, other))}
    return [taken[number], taken[other]]


async def _replace(ledger: "Ledger", auditor: Auditor, gone: Recording[AssetDraft], number: int) -> None:
    await ledger.recordings.assets.remove(gone.id)
    await auditor.deleted(RecordingKind.ASSET, gone)
    await ledger.assets.hand_over(gone.id, number, actor=auditor.actor, now=auditor.now)


def recorded_already(image_id: int, other: int, *, can_be_taken_over: bool = False) -> BadInput:
    """Say that an image has an asset, and how to link another one."""
    after_deleting = f'delete it with delete_recording(kind="asset", id="{other}"), then link again.'
    hint = f"Change that one with update_asset, or {after_deleting}"
    if can_be_taken_over:
        hint = "Record the file without civitai_id, then link it with update_asset: it takes over that asset."
    return BadInput(f"Civitai image {image_id} is recorded already as asset {other}.", hint=hint)
