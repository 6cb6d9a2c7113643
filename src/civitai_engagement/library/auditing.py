"""Keep who changed which recording, and how it was before and after."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from civitai_engagement.records.library import Draft, Recording, RecordingKind
from civitai_engagement.sources import Sources

if TYPE_CHECKING:
    from civitai_engagement.store.recordings import Recordings

AUDITED_TEXT = 200  # characters of a text that the audit keeps of what was created


class Auditor:
    """Writes the audit of one transaction, in the name of whoever this server records for.

    >>> auditor = Auditor(sources, ledger.recordings)
    >>> await auditor.created(RecordingKind.PROMPT, made)
    >>> await auditor.changed(RecordingKind.ASSET, before, after)
    """

    def __init__(self, sources: Sources, recordings: "Recordings") -> None:
        self.actor: str = sources.settings.recorded_by
        self.now: datetime = sources.clock.now()
        self._recordings = recordings

    async def created(self, kind: RecordingKind, made: Recording[Draft]) -> None:
        after = {name: _short(value) for name, value in _said(made.draft).items() if value}
        await self._write(kind, made.id, "create", after=after)

    async def changed(self, kind: RecordingKind, before: Recording[Draft], after: Recording[Draft]) -> bool:
        """Keep what differs; says whether anything does."""
        old, new = _said(before.draft), _said(after.draft)
        names = [name for name in new if new[name] != old[name]]
        if names:
            sides = [{name: side[name] for name in names} for side in (old, new)]
            await self._write(kind, after.id, "update", before=sides[0], after=sides[1])
        return bool(names)

    async def deleted(self, kind: RecordingKind, gone: Recording[Draft]) -> None:
        """Keep all it said: nothing else does any more."""
        before = {name: value for name, value in _said(gone.draft).items() if value}
        await self._write(kind, gone.id, "delete", before=before)

    async def _write(self, kind: RecordingKind, number: int, action: str, **sides: Mapping[str, Any]) -> None:
        await self._recordings.audit(kind, number, action, actor=self.actor, at=self.now, **sides)


def _said(draft: Any) -> dict[str, Any]:
    return {name: _json(getattr(draft, name)) for name in draft.__slots__}


def _json(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else dict(value) if isinstance(value, Mapping) else value


def _short(value: Any) -> Any:
    return value[:AUDITED_TEXT] if isinstance(value, str) else value
