"""Keep what a user records step by step: prompts, assets, posts; each change one transaction with its audit."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from civitai_engagement.errors import BadInput, NotFound
from civitai_engagement.library.sources import Sources
from civitai_engagement.records.library import AssetDraft, Draft, Kind, PostDraft, PromptDraft, Recording

if TYPE_CHECKING:
    from civitai_engagement.store.recordings import Recordings, Shelf
    from civitai_engagement.store.store import Ledger

MAKERS = {
    Kind.PROMPT: "Record it with create_prompt first.",
    Kind.ASSET: "Record it with create_asset or record_civitai_post first; list_civitai_posts shows asset ids.",
    Kind.POST: "Record it with record_civitai_post or create_civitai_post first.",
}
AUDITED_TEXT = 200  # characters of a text that the audit keeps of what was created


@dataclass(frozen=True, slots=True)
class Removed:
    """What was deleted: the thing itself, and the assets of a post with it."""

    kind: Kind
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
        await _refuse_dangling(ledger.recordings, draft)
        await _refuse_second_asset(ledger.recordings, draft.image_id, None)
        same = await ledger.recordings.same_file(draft.sha256sum) if draft.sha256sum else []
        return await _added(sources, ledger.recordings.assets, ledger, draft), same


async def create_post(sources: Sources, draft: PostDraft) -> Recording[PostDraft]:
    """Record a post by hand, and follow it.

    Raises:
        BadInput: It is recorded already.
    """
    async with sources.store.writing() as ledger:
        made = await _added(sources, ledger.recordings.posts, ledger, draft)
        actor, now = sources.settings.recorded_by, sources.clock.now()
        await ledger.posts.watch("post", str(draft.post_id), created_by=actor, now=now)
        return made


async def update_asset(
    sources: Sources, number: int, changes: Mapping[str, Any], note: Note = NOTHING
) -> Recording[AssetDraft]:
    """Change fields of an asset; the others stay.

    Raises:
        NotFound: There is no such asset.
        BadInput: A change refers to something that is not recorded.
    """
    async with sources.store.writing() as ledger:
        found = await _taken(ledger.recordings.assets, number)
        draft = _changed(found.draft, changes, note)
        await _refuse_dangling(ledger.recordings, draft)
        await _refuse_second_asset(ledger.recordings, draft.image_id, number)
        if number in draft.input_asset_ids:
            raise BadInput(f"Asset {number} cannot be made from itself.", hint="Leave it out of input_asset_ids.")
        return await _rewritten(sources, ledger.recordings.assets, ledger, found, draft)


async def update_post(
    sources: Sources, number: int, changes: Mapping[str, Any], note: Note = NOTHING
) -> Recording[PostDraft]:
    """Change fields of a post; the others stay.

    Raises:
        NotFound: There is no such post.
    """
    async with sources.store.writing() as ledger:
        found = await _taken(ledger.recordings.posts, number)
        draft = _changed(found.draft, changes, note)
        return await _rewritten(sources, ledger.recordings.posts, ledger, found, draft)


async def remove(sources: Sources, kind: Kind, number: int) -> Removed:
    """Delete a recording; a post goes with its assets. What was observed on Civitai stays.

    Raises:
        NotFound: There is no such recording.
        BadInput: Another recording refers to it.
    """
    async with sources.store.writing() as ledger:
        recordings = ledger.recordings
        assets = await recordings.assets_of_post(number) if kind is Kind.POST else []
        await _refuse_used(recordings, kind, number, assets)
        for one in assets:
            await _removed(sources, recordings.assets, ledger, one)
        shelf: Any = {Kind.POST: recordings.posts, Kind.ASSET: recordings.assets, Kind.PROMPT: recordings.prompts}[kind]
        await _removed(sources, shelf, ledger, number)
        return Removed(kind, number, tuple(assets))


def _changed(draft: Any, changes: Mapping[str, Any], note: Note) -> Any:
    changed = replace(draft, **changes)
    return replace(changed, metadata=note.on(changed.metadata))


async def _added(sources: Sources, shelf: "Shelf[Draft]", ledger: "Ledger", draft: Draft) -> Recording[Draft]:
    actor, now = sources.settings.recorded_by, sources.clock.now()
    made = await shelf.add(draft, created_by=actor, now=now)
    if made is None:
        raise BadInput(f"That {shelf.kind} is recorded already.", hint=f"Change it with update_civitai_{shelf.kind}.")
    after = {name: _short(value) for name, value in _said(draft).items() if value}
    await ledger.recordings.audit(shelf.kind, made.id, "create", actor=actor, at=now, after=after)
    return made


async def _taken(shelf: "Shelf[Draft]", number: int) -> Recording[Draft]:
    found = await shelf.take(number)
    if found is None:
        raise NotFound(f"There is no recorded {shelf.kind} {number}.", hint=MAKERS[shelf.kind])
    return found


async def _rewritten(
    sources: Sources, shelf: "Shelf[Draft]", ledger: "Ledger", found: Recording[Draft], draft: Draft
) -> Recording[Draft]:
    before, after = _said(found.draft), _said(draft)
    changed = [name for name in after if after[name] != before[name]]
    if not changed:
        return found
    actor, now = sources.settings.recorded_by, sources.clock.now()
    await shelf.rewrite(found.id, draft, now=now)
    old, new = ({name: side[name] for name in changed} for side in (before, after))
    await ledger.recordings.audit(shelf.kind, found.id, "update", actor=actor, at=now, before=old, after=new)
    return Recording(found.id, draft, replace(found.stamp, updated_at=now))


async def _removed(sources: Sources, shelf: "Shelf[Draft]", ledger: "Ledger", number: int) -> None:
    found = await _taken(shelf, number)
    actor, now = sources.settings.recorded_by, sources.clock.now()
    await shelf.remove(number)
    before = {name: value for name, value in _said(found.draft).items() if value}
    await ledger.recordings.audit(shelf.kind, number, "delete", actor=actor, at=now, before=before)


async def _refuse_dangling(recordings: "Recordings", draft: AssetDraft) -> None:
    prompts = [one for one in (draft.input_prompt_id, draft.output_prompt_id) if one is not None]
    posts = [draft.post_id] if draft.post_id is not None else []
    missing = await recordings.missing(prompts=prompts, assets=draft.input_asset_ids, posts=posts)
    if missing:
        kind, number = missing[0]
        raise BadInput(f"There is no recorded {kind} {number}.", hint=MAKERS[kind])


async def _refuse_second_asset(recordings: "Recordings", image_id: int | None, own: int | None) -> None:
    if image_id is None:
        return
    other = await recordings.asset_of_image(image_id)
    if other not in {None, own}:
        hint = "Change that one with update_asset."
        raise BadInput(f"Civitai image {image_id} is recorded already as asset {other}.", hint=hint)


async def _refuse_used(recordings: "Recordings", kind: Kind, number: int, assets: list[int]) -> None:
    if kind is Kind.PROMPT:
        users = await recordings.users_of_prompt(number)
    else:
        users = await recordings.users_of_assets(assets if kind is Kind.POST else [number])
    if users:
        named = ", ".join(map(str, users))
        hint = "Change that first with update_asset."
        raise BadInput(f"{kind.capitalize()} {number} is used by asset {named}.", hint=hint)


def _said(draft: Any) -> dict[str, Any]:
    """Spread a draft into JSON; ids are text, as everywhere outside."""
    return {name: _json(getattr(draft, name)) for name in draft.__slots__}


def _json(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else dict(value) if isinstance(value, Mapping) else value


def _short(value: Any) -> Any:
    return value[:AUDITED_TEXT] if isinstance(value, str) else value
