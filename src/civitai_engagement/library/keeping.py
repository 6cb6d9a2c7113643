"""Keep what a user records step by step: prompts, assets, posts; each change one transaction with its audit."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from civitai_engagement.errors import BadInput, NotFound
from civitai_engagement.library.auditing import Auditor
from civitai_engagement.library.linking import recorded_already, take_over
from civitai_engagement.records.library import AssetDraft, Draft, PostDraft, PromptDraft, Recording, RecordingKind
from civitai_engagement.records.media import Media
from civitai_engagement.records.provenance import Source
from civitai_engagement.sources import Sources

if TYPE_CHECKING:
    from civitai_engagement.store.ledger import Ledger
    from civitai_engagement.store.recordings import DraftRepository, Recordings

MAKERS = {
    RecordingKind.PROMPT: "Record it with create_prompt first.",
    RecordingKind.ASSET: "Record it with create_asset or record_civitai_post first; "
    "list_civitai_posts shows asset ids.",
    RecordingKind.POST: "Record it with record_civitai_post or create_civitai_post first.",
}


@dataclass(frozen=True, slots=True)
class Removed:
    """What was deleted: the thing itself, and the assets of a post with it."""

    kind: RecordingKind
    id: int
    assets: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """Metadata to add to what is there, or as a whole instead of it; None changes nothing."""

    metadata: Mapping[str, Any] | None = None
    is_whole: bool = False

    def on(self, known: Mapping[str, Any]) -> Mapping[str, Any]:
        if self.metadata is None:
            return known
        return {**({} if self.is_whole else known), **self.metadata}


NOTHING = Note()


async def create_prompt(sources: Sources, draft: PromptDraft) -> Recording[PromptDraft]:
    """Record a prompt."""
    async with sources.store.writing() as ledger:
        return await _added(sources, ledger.recordings.prompts, ledger, draft)


async def create_asset(sources: Sources, draft: AssetDraft) -> tuple[Recording[AssetDraft], list[int]]:
    """Record an asset; also names the assets that hold the same file.

    Raises:
        BadInput: It refers to something that is not recorded, or its Civitai image is recorded already.
    """
    async with sources.store.writing() as ledger:
        if draft.image_id is not None:
            await ledger.images.lock([draft.image_id])  # nobody else can record it until this transaction ends
            await refuse_second(ledger, draft.image_id)
            await follow(ledger, draft.image_id, sources.clock.now())
        await refuse_dangling(ledger.recordings, {one.name: getattr(draft, one.name) for one in fields(draft)})
        same = await ledger.recordings.same_file(draft.sha256sum) if draft.sha256sum else []
        return await _added(sources, ledger.recordings.assets, ledger, draft), same


async def create_post(sources: Sources, draft: PostDraft) -> Recording[PostDraft]:
    """Record a post by hand, and follow it.

    Raises:
        BadInput: It is recorded already.
    """
    async with sources.store.writing() as ledger:
        known = await ledger.followed.of_post(draft.post_id)
        await ledger.images.lock(known)
        made = await _added(sources, ledger.recordings.posts, ledger, draft)
        actor, now = sources.settings.recorded_by, sources.clock.now()
        await ledger.posts.watch("post", str(draft.post_id), created_by=actor, now=now)
        await ledger.watches.raise_(sorted(known), now=now)
        return made


async def update_asset(
    sources: Sources, number: int, changes: Mapping[str, Any], note: Note = NOTHING
) -> tuple[Recording[AssetDraft], int | None]:
    """Change fields of an asset; the others stay. Also names the asset whose place it took.

    Raises:
        NotFound: There is no such asset.
        BadInput: A change refers to something that is not recorded.
    """
    if number in changes.get("input_asset_ids", ()):
        raise BadInput(f"Asset {number} cannot be made from itself.", hint="Leave it out of input_asset_ids.")
    async with sources.store.writing() as ledger:
        # Always images, posts, assets: two changes that lock in the same order never wait for each other in a ring.
        former = await ledger.recordings.images_of(RecordingKind.ASSET, number) if "image_id" in changes else []
        wanted = [changes["image_id"]] if changes.get("image_id") is not None else []
        await ledger.images.lock([*former, *wanted])
        for image_id in wanted:
            await follow(ledger, image_id, sources.clock.now())
        await refuse_dangling(ledger.recordings, changes)
        changes, gone = await take_over(ledger, Auditor(sources, ledger.recordings), number, changes)
        made = await rewritten(sources, ledger.recordings.assets, ledger, number, changes=changes, note=note)
        await ledger.watches.lower(former)
        return made, gone


async def update_post(
    sources: Sources, number: int, changes: Mapping[str, Any], note: Note = NOTHING
) -> Recording[PostDraft]:
    """Change fields of a post; the others stay.

    Raises:
        NotFound: There is no such post.
    """
    async with sources.store.writing() as ledger:
        return await rewritten(sources, ledger.recordings.posts, ledger, number, changes=changes, note=note)


async def remove(sources: Sources, kind: RecordingKind, number: int) -> Removed:
    """Delete a recording; a post goes with its assets. What was observed on Civitai stays.

    Images that nothing else follows are looked at as seldom as a stranger's from then on.

    Raises:
        NotFound: There is no such recording.
        BadInput: Another recording refers to it.
    """
    async with sources.store.writing() as ledger:
        recordings = ledger.recordings
        images = await recordings.images_of(kind, number)
        await ledger.images.lock(images)
        repository: DraftRepository[Any] = recordings.repository(kind)
        whole = await _taken(repository, number)  # locked: from here on nobody can begin to refer to it
        ids = await recordings.assets_of_post(number) if kind is RecordingKind.POST else []
        parts = [await _taken(recordings.assets, one) for one in ids]
        await _refuse_used(recordings, kind, number, ids)
        auditor = Auditor(sources, recordings)
        for one in parts:
            await recordings.assets.remove(one.id)
            await auditor.deleted(RecordingKind.ASSET, one)
        await repository.remove(number)
        await auditor.deleted(kind, whole)
        await ledger.watches.lower(images)
        return Removed(kind, number, tuple(ids))


async def _added(
    sources: Sources, repository: "DraftRepository[Draft]", ledger: "Ledger", draft: Draft
) -> Recording[Draft]:
    auditor = Auditor(sources, ledger.recordings)
    made = await repository.add(draft, created_by=auditor.actor, now=auditor.now)
    if made is None:  # only a post brings its own id
        raise BadInput("That post is recorded already.", hint="Change it with update_civitai_post.")
    await auditor.created(repository.kind, made)
    return made


async def _taken(repository: "DraftRepository[Draft]", number: int) -> Recording[Draft]:
    found = await repository.take(number)
    if found is None:
        raise NotFound(f"There is no recorded {repository.kind} {number}.", hint=MAKERS[repository.kind])
    return found


async def rewritten(
    sources: Sources,
    repository: "DraftRepository[Draft]",
    ledger: "Ledger",
    number: int,
    *,
    changes: Mapping[str, Any],
    note: Note = NOTHING,
) -> Recording[Draft]:
    """Change fields of a recording, and keep in the audit what differs."""
    found = await _taken(repository, number)
    said: Any = replace(found.draft, **changes)
    auditor = Auditor(sources, ledger.recordings)
    stamp = replace(found.stamp, updated_at=auditor.now)
    made = Recording(number, replace(said, metadata=note.on(said.metadata)), stamp)
    if not await auditor.changed(repository.kind, found, made):
        return found
    await repository.rewrite(number, made.draft, now=auditor.now)
    return made


async def refuse_second(ledger: "Ledger", image_id: int, but: int | None = None) -> None:
    """Refuse a second asset, other than `but`, for one Civitai image, which is locked."""
    other = await ledger.recordings.asset_of_image(image_id)
    if other not in (None, but):
        raise recorded_already(image_id, other, can_be_taken_over=await ledger.assets.is_only_recorded(other))


async def follow(ledger: "Ledger", image_id: int, now: datetime) -> None:
    """Let the next run that collects observe an image, if nobody did so far; what it is, Civitai will tell."""
    await ledger.images.describe([Media(image_id, url="")], seen_at=now)
    await ledger.images.track([image_id], due_at=now, source=Source.RECORDED)
    await ledger.watches.raise_([image_id], now=now, source=Source.RECORDED)


async def refuse_dangling(recordings: "Recordings", said: Mapping[str, Any]) -> None:
    """Refuse an asset that refers to what is not recorded."""
    prompts = [said.get(name) for name in ("input_prompt_id", "output_prompt_id")]
    missing = await recordings.missing(
        prompts=[one for one in prompts if one is not None],
        assets=said.get("input_asset_ids", ()),
        posts=[said["post_id"]] if said.get("post_id") is not None else [],
    )
    if missing:
        kind, number = missing[0]
        raise BadInput(f"There is no recorded {kind} {number}.", hint=MAKERS[kind])


async def _refuse_used(recordings: "Recordings", kind: RecordingKind, number: int, assets: list[int]) -> None:
    if kind is RecordingKind.PROMPT:
        users = await recordings.users_of_prompt(number)
    else:
        users = await recordings.users_of_assets(assets if kind is RecordingKind.POST else [number])
    if users:
        named = ", ".join(map(str, users))
        hint = "Change that first with update_asset, or delete it."
        raise BadInput(f"{kind.capitalize()} {number} is used by asset {named}.", hint=hint)
