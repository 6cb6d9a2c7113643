"""Recordings made by hand: prompts, assets and posts, each on its repository, and the audit of their changes."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, Generic

from civitai_engagement.records.engagement import DatabaseRow
from civitai_engagement.records.library import (
    AssetDraft,
    AuditEntry,
    Draft,
    PostDraft,
    PromptDraft,
    Recording,
    RecordingKind,
    Stamp,
)
from civitai_engagement.store.queries import Connection, load
from civitai_engagement.store.queries import fields as values_of


class DraftRepository(Generic[Draft]):
    """Recordings of one kind.

    >>> recording = await repository.add(PromptDraft("a lighthouse"), created_by="ada", now=now)
    >>> await repository.take(recording.id)
    """

    def __init__(self, connection: Connection, kind: RecordingKind, draft: type[Draft]) -> None:
        self.kind = kind
        self._connection = connection
        self.draft: type[Draft] = draft
        self._sql = load("recordings")

    async def add(self, draft: Draft, *, created_by: str, now: datetime) -> Recording[Draft] | None:
        """Record a draft; None where its id is taken already."""
        query = self._sql[f"add_{self.kind}"]
        made = await query.value(self._connection, created_by=created_by, now=now, **values_of(draft))
        return None if made is None else Recording(made, draft, Stamp(created_by, now, now))

    async def take(self, number: int) -> Recording[Draft] | None:
        """Give a recording, locked until the transaction ends."""
        row = await self._sql[f"take_{self.kind}"].one_or_none(self._connection, id=number)
        return None if row is None else self._recording(row)

    async def rewrite(self, number: int, draft: Draft, *, now: datetime) -> None:
        await self._sql[f"rewrite_{self.kind}"].run(self._connection, id=number, now=now, **values_of(draft))

    async def add_again(self, made: Recording[Draft]) -> None:
        """Record, under the id it had, what was deleted."""
        query, stamp = self._sql[f"add_{self.kind}_again"], values_of(made.stamp)
        await query.run(self._connection, **{"id": made.id} | stamp | values_of(made.draft))

    def values(self, said: Mapping[str, Any], *, is_whole: bool) -> dict[str, Any]:
        """Read what the audit kept of a draft's fields; a whole one is empty where it says nothing."""
        kept = {one.name: _frozen(said[one.name]) for one in fields(self.draft) if one.name in said}
        return values_of(self.draft(**kept)) if is_whole else kept

    async def remove(self, number: int) -> None:
        await self._sql[f"remove_{self.kind}"].run(self._connection, id=number)

    def _recording(self, row: DatabaseRow) -> Recording[Draft]:
        draft = self.draft(**{one.name: _frozen(row[one.name]) for one in fields(self.draft)})
        return Recording(row["id"], draft, Stamp(row["created_by"], row["recorded_at"], row["updated_at"]))


class Recordings:
    """The repositories of one connection, what refers to what, and the audit."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sql = load("recordings")
        self.prompts = DraftRepository(connection, RecordingKind.PROMPT, PromptDraft)
        self.assets = DraftRepository(connection, RecordingKind.ASSET, AssetDraft)
        self.posts = DraftRepository(connection, RecordingKind.POST, PostDraft)

    def repository(self, kind: RecordingKind) -> Any:
        return {RecordingKind.PROMPT: self.prompts, RecordingKind.ASSET: self.assets, RecordingKind.POST: self.posts}[
            kind
        ]

    async def missing(
        self, *, prompts: Iterable[int] = (), assets: Iterable[int] = (), posts: Iterable[int] = ()
    ) -> list[tuple[RecordingKind, int]]:
        """Say which of the things referred to are not recorded; the others stay until this transaction ends."""
        rows = await self._sql["missing"].all(
            self._connection, prompts=list(prompts), assets=list(assets), posts=list(posts)
        )
        return [(RecordingKind(row["kind"]), row["id"]) for row in rows]

    async def assets_of_post(self, post_id: int) -> list[int]:
        return await self._ids("assets_of_post", id=post_id)

    async def images_of_post(self, post_id: int) -> list[int]:
        """Name the Civitai images that are recorded as assets of a post."""
        return await self._ids("images_of_post", id=post_id)

    async def images_of(self, kind: RecordingKind, number: int) -> list[int]:
        """Name the Civitai images that are followed for the sake of a recording."""
        query = {RecordingKind.POST: "images_around_post", RecordingKind.ASSET: "image_of_asset"}.get(kind)
        return [] if query is None else await self._ids(query, id=number)

    async def users_of_prompt(self, prompt_id: int) -> list[int]:
        """Name assets that a prompt went into or came out of."""
        return await self._ids("users_of_prompt", id=prompt_id)

    async def users_of_assets(self, ids: Iterable[int]) -> list[int]:
        """Name other assets that were made from one of these."""
        return await self._ids("users_of_assets", ids=list(ids))

    async def same_file(self, sha256sum: str) -> list[int]:
        return await self._ids("same_file", sha256sum=sha256sum)

    async def asset_of_image(self, image_id: int) -> int | None:
        found = await self._ids("asset_of_image", image_id=image_id)
        return found[0] if found else None

    async def audit(
        self,
        kind: RecordingKind,
        number: int,
        action: str,
        *,
        actor: str,
        at: datetime,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
    ) -> None:
        """Keep who changed what; the audit is only ever added to."""
        await self._sql["write_audit"].run(
            self._connection, kind=kind, row_id=number, action=action, actor=actor, at=at, before=before, after=after
        )

    async def audited(self, kind: RecordingKind, number: int) -> list[AuditEntry]:
        """Tell what was done to a recording, newest first."""
        return [_entry(row) for row in await self._sql["audited"].all(self._connection, kind=kind, row_id=number)]

    async def deleted_with(self, post_id: int, at: datetime) -> list[AuditEntry]:
        """Tell which assets of a post were deleted with it."""
        rows = await self._sql["deleted_with"].all(self._connection, post_id=post_id, at=at)
        return [_entry(row) for row in rows]

    async def _ids(self, query: str, **values: object) -> list[int]:
        return [row["id"] for row in await self._sql[query].all(self._connection, **values)]


def _entry(row: DatabaseRow) -> AuditEntry:
    return AuditEntry(
        RecordingKind(row["kind"]), row["id"], row["action"], row["actor"], row["at"], row["before"] or {}
    )


def _frozen(value: object) -> Any:
    return tuple(value) if isinstance(value, list) else value
