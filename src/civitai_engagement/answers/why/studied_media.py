"""The media that are asked what goes with reactions: read now, or what the last nightly study found of all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from pydantic import BaseModel

from civitai_engagement.analysis.outcomes import counted_rows
from civitai_engagement.answers.answer import clean, count, spoken, three_figures
from civitai_engagement.answers.why.made_rows import MadeRows, made_rows
from civitai_engagement.errors import BadInput, BadSetup, NotFound
from civitai_engagement.extras import how_to_add
from civitai_engagement.records.features import MadeRow
from civitai_engagement.records.findings import EVERYTHING, STUDIED_AT, FoundEffects, FoundModels, ModelKind, Study
from civitai_engagement.records.made import LIVE_MEDIA, MadeScope

if TYPE_CHECKING:
    from types import ModuleType

    from civitai_engagement.sources import Sources
    from civitai_engagement.store.ledger import Ledger

Triple: TypeAlias = tuple[float, float, float]
PARAMETERS, MODELS = "parameters", "models"


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeQuestion:
    """Which media are asked about: one creator's or all, at an age of so many `hours`; and how many rows to show."""

    creator: str | None = None
    media_type: str | None = None
    base_model: str | None = None
    since: datetime | None = None
    hours: int = 72
    limit: int = 20

    def scope(self) -> MadeScope:
        return MadeScope(creator=self.creator, media_type=self.media_type, base_model=self.base_model, since=self.since)


class StudiedCounts(BaseModel):
    """What was compared: so many media, posts and creators, at an age; of one creator beside `others`.

    Of `tested` things in all. A ratio under `could_not_show` would have been missed more often than once in five times.
    Of models, `rare` ones are used by too few media to be listed; of `untold` media it is not known which they used.
    """

    media: int
    posts: int
    creators: int
    at_age: str
    creator: str | None = None
    tested: int | None = None
    could_not_show: float | None = None
    rare: int | None = None
    untold: int | None = None
    others: "StudiedCounts | None" = None


@dataclass(frozen=True, slots=True)
class StudiedMedia:
    """Media that were read, or else a kept finding about all of them."""

    scope: MadeScope
    hours: int
    read: MadeRows | None = None
    finding: Study | None = None

    @property
    def rows(self) -> Sequence[MadeRow]:
        return self.read.rows if self.read else ()

    @property
    def as_of(self) -> datetime | None:
        if self.read is None:
            return self.finding.made_at if self.finding else None
        return self.read.coverage.as_of

    def counts(self, found: FoundEffects | FoundModels, others: StudiedCounts | None = None) -> StudiedCounts:
        told: dict[str, Any] = {"media": found.media, "posts": found.posts, "creators": found.creators}
        if isinstance(found, FoundEffects):
            told |= {"tested": found.tested, "could_not_show": three_figures(found.visible)}
        else:
            told |= {"rare": found.rare, "untold": found.untold}
        told |= {"creator": clean(self.scope.creator, 60)} if self.scope.creator else {}
        told |= {"others": others} if others else {}
        return StudiedCounts(at_age=f"{self.hours} h", **told)

    def effects(self) -> FoundEffects:
        if self.finding:
            return FoundEffects.model_validate(self.finding.rows)
        found: FoundEffects = modelling().found_effects(self.rows)
        return found

    def models(self, kind: ModelKind, paired: Sequence[str]) -> FoundModels:
        if self.finding:
            return FoundModels.model_validate(self.finding.rows[kind.value])
        found: FoundModels = modelling().found_models(self.rows, kind, paired=paired)
        return found


def modelling() -> "ModuleType":
    """Load what computes.

    Raises:
        BadSetup: numpy or scipy is not installed; it says how to add them.
    """
    try:
        from civitai_engagement.modelling import studied
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"numpy", "scipy"}:
            raise
        hint = f"Install them: {how_to_add('why')}"
        raise BadSetup("What goes with reactions is computed with numpy and scipy.", hint=hint) from error
    return studied


def weighed(own: Triple, others: Triple, spread: float) -> Triple:
    """Weigh one creator's ratio with its interval and others' by how sure each is of this creator."""
    models = modelling()
    both = (models.LogRatio.of_interval(*one) for one in (own, others))
    told: Triple = models.combined(*both, spread).ratios()
    return told


def agree(own: Triple, others: Triple, spread: float) -> bool:
    """Say whether they are no further apart than chance and what differs between creators allow."""
    models = modelling()
    return bool(models.fits(*(models.LogRatio.of_interval(*one) for one in (own, others)), spread))


def hours_of(name: str, text: str) -> int:
    """Read the age at which counts are compared.

    Raises:
        BadInput: It is none of the three that are kept.
    """
    told = {f"{hours}h": hours for hours in STUDIED_AT} | {"1d": 24, "3d": 72, "7d": 168, "1w": 168}
    if (hours := told.get(text.strip().lower().replace(" ", ""))) is None:
        raise BadInput(f"{name} {text[:40]!r} is not compared at.", hint="Pass 24h, 72h or 7d.")
    return hours


async def studied(sources: "Sources", scope: MadeScope, hours: int, question: str) -> StudiedMedia:
    """Read the media of a scope, or what is kept about all where there are too many to compare while somebody waits.

    Raises:
        BadInput: All of them were found by their success.
        NotFound: There are none.
        StoreDown: The database is not reachable, or still starting.
    """
    async with sources.store.reading() as ledger:
        finding = await _kept(ledger, scope, hours, question)
        if finding:
            return StudiedMedia(scope, hours, finding=finding)
        read = await _newest(ledger, scope, hours)
    if not read.coverage.media:
        raise _nothing(scope)
    return StudiedMedia(scope, hours, read)


async def others_of(sources: "Sources", own: StudiedMedia, question: str) -> StudiedMedia | None:
    """Read what others' media show beside one creator's; None where that is not asked, or nobody else is followed."""
    if not own.scope.creator:
        return None
    scope = replace(own.scope, creator=None, but_creator=own.scope.creator)
    try:
        return await studied(sources, scope, own.hours, question)
    except (NotFound, BadInput):
        return None


async def _kept(ledger: "Ledger", scope: MadeScope, hours: int, question: str) -> Study | None:
    """Give what the last study found of everything, where everything is asked about; it is kept where it is much.

    Beside one creator it stands for others: theirs is a small part of it.
    """
    is_everything = replace(scope, but_creator=None) == MadeScope()
    return await ledger.findings.get(question, EVERYTHING, hours) if is_everything else None


async def _newest(ledger: "Ledger", scope: MadeScope, hours: int) -> MadeRows:
    """Read a scope, or the newest of it where nothing is kept about the whole."""
    read = await made_rows(ledger, scope, hours)
    if read.rows or read.is_whole:
        return read
    found = counted_rows(await ledger.features.made(scope, limit=LIVE_MEDIA), hours)
    return replace(read, rows=found.rows, projected=found.projected, uncounted=found.uncounted)


def _nothing(scope: MadeScope) -> NotFound:
    if scope.creator:
        hint = "watch_creator follows all they publish; the answer grows with what is observed."
        return NotFound(f"Nothing of creator {scope.creator} is stored that this asks about.", hint=hint)
    hint = "watch_creator follows creators, yourself and others; comparing needs media at 72 h of age."
    return NotFound("No media is stored that this asks about.", hint=hint)


def read_notes(studied: StudiedMedia, whose: str) -> Iterator[str]:
    """Say what of some media is not in the answer, and why."""
    if studied.finding:
        made_at, media = spoken(studied.finding.made_at), count(studied.finding.media, "media", "media")
        among = ", this creator's among them" if studied.scope.but_creator else ""
        yield f"{whose}: as studied at {made_at}, {media}{among}."
        return
    read = studied.read
    assert read is not None  # noqa: S101 # one of the two is there
    seen = read.coverage
    projected = f", {read.projected:,} of them projected from their last look" if read.projected else ""
    yield f"{whose}: {len(read.rows):,} media with a count at {studied.hours} h of age{projected}."
    left = {
        "without a count at that age": read.uncounted,
        "found by sorting by success, among which everything seems to matter less than it does": seen.by_success,
        "of which it is not known how they were found": seen.unknown,
        "whose parameters are not read yet": seen.unread,
    }
    if told := [f"{n:,} {why}" for why, n in left.items() if n]:
        yield f"{whose}: left out are {'; '.join(told)}."
    if seen.without_parameters:
        yield f"{whose}: {seen.without_parameters:,} of {seen.counted:,} media do not say how they were made."
    if not read.is_whole:
        yield f"{whose}: of the newest {LIVE_MEDIA:,} of {count(seen.counted, 'media', 'media')} only."
