"""What to say where nothing is stored: of who is followed already, when the next look is; following again is no way."""

from datetime import datetime
from typing import TYPE_CHECKING

from civitai_engagement.analysis.cadence import next_round
from civitai_engagement.answers.answer import spoken
from civitai_engagement.records.filters import Subject
from civitai_engagement.records.watches import WatchKind

if TYPE_CHECKING:
    from civitai_engagement.store.ledger import Ledger

LISTS_NOTHING = {
    WatchKind.CREATOR: "Civitai lists nothing of this name: is it written right?",
    WatchKind.POST: "Civitai lists no media of this post: is it published and not hidden?",
}


async def what_to_do(ledger: "Ledger", now: datetime, subject: Subject, otherwise: str) -> str:
    """Say when who or what is followed is looked at next; `otherwise` is what to do where it is not followed."""
    kind, name = _named(subject)
    followed = await ledger.watches.standing(kind, name) if name else None
    if followed is None:
        return otherwise
    when = f"the next look is at {spoken(next_round(now))}"
    nothing = f"{LISTS_NOTHING[kind]} It is followed" if followed.has_looked_in_vain else "It is followed already"
    return f"{nothing}, and {when}."


def _named(subject: Subject) -> tuple[WatchKind, str]:
    if subject.post_id is not None:
        return WatchKind.POST, str(subject.post_id)
    return WatchKind.CREATOR, (subject.creator or "").lower()
