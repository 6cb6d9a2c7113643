"""Tells when collecting itself goes wrong, and when it is well again: in the log, and to a webhook if one is set."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from civitai_engagement.analysis.condition import Condition, judge
from civitai_engagement.errors import Broken, EngagementError
from civitai_engagement.observing import present
from civitai_engagement.sources import Sources
from civitai_engagement.store.alarms import Alarm

if TYPE_CHECKING:  # loads TLS and HTTP, which few need
    from civitai_engagement.outbound.webhook import Webhook

log = logging.getLogger(__name__)
QUIET = timedelta(hours=4)  # one kind of alarm that comes and goes is told at most so often


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell: an alarm that began, or one that is over."""

    alarm: Alarm
    is_over: bool = False

    @property
    def event(self) -> str:
        return "recovered" if self.is_over else "alarm"

    @property
    def summary(self) -> str:
        detail = self.alarm.detail
        return f"Collecting is well again. It was: {detail}" if self.is_over else f"Collecting is in trouble: {detail}"

    def as_message(self, now: datetime) -> dict[str, object]:
        """Give what the webhook is sent; `sent_at` is signed with the rest, against replay."""
        return {
            "event": self.event,
            "name": self.alarm.name,
            "since": _utc(self.alarm.since),
            "detail": self.alarm.detail,
            "summary": self.summary,
            "sent_at": _utc(now),
        }


async def announce(sources: Sources, now: datetime) -> None:
    """Look at the condition after a tick, keep its alarms, and tell what is new. Trouble here fails no run.

    What the webhook does not take is told again at the next tick: at least once, so a receiver may see an event twice.
    """
    try:
        condition = judge(await sources.store.facts(present(sources)), now)
        await _tell(sources, news(await _keep(sources, condition, now), condition, now), now)
    except EngagementError as error:
        is_ours = isinstance(error, Broken)
        log.warning("alarms wait for the next tick", extra={"reason": str(error)}, exc_info=is_ours)


async def _keep(sources: Sources, condition: Condition, now: datetime) -> list[Alarm]:
    async with sources.store.writing() as ledger:
        alarms = ledger.alarms
        await alarms.see({one.trouble: f"{one.reason} {one.advice}" for one in condition.findings}, now=now)
        for alarm in unnoticed(await alarms.all(), condition):
            await alarms.recovered(alarm.name, now=now)
        return await alarms.all()


def unnoticed(alarms: Iterable[Alarm], condition: Condition) -> list[Alarm]:
    """Give the alarms that are over before anybody was told of them."""
    return [alarm for alarm in _over(alarms, condition) if not alarm.is_announced]


def news(alarms: Iterable[Alarm], condition: Condition, now: datetime) -> list[Notice]:
    """Give what somebody should be told now: what began, and what is over of what was told."""
    kept = list(alarms)
    standing = {finding.trouble.value for finding in condition.findings}
    begun = [Notice(alarm) for alarm in kept if alarm.name in standing and _is_due(alarm, now)]
    return begun + [Notice(alarm, is_over=True) for alarm in _over(kept, condition) if alarm.is_announced]


def _over(alarms: Iterable[Alarm], condition: Condition) -> list[Alarm]:
    standing = {finding.trouble.value for finding in condition.findings}
    return [alarm for alarm in alarms if alarm.name not in standing and alarm.recovered_at is None]


def _is_due(alarm: Alarm, now: datetime) -> bool:
    if alarm.announced_at is None:
        return True
    return not alarm.is_announced and now - alarm.announced_at >= QUIET


async def _tell(sources: Sources, notices: list[Notice], now: datetime) -> None:
    for notice in notices:
        level = logging.INFO if notice.is_over else logging.ERROR
        log.log(level, notice.summary, extra={"alarm": notice.alarm.name, "since": _utc(notice.alarm.since)})
    webhook = _webhook(sources) if notices else None
    for notice in notices:
        if webhook is not None:
            await webhook.send(notice.as_message(now))
        await _mark(sources, notice, now)


def _webhook(sources: Sources) -> "Webhook | None":
    settings = sources.settings
    if settings.alert_webhook is None:
        return None
    from civitai_engagement.outbound.webhook import Webhook

    secret = settings.alert_secret.get_secret_value() if settings.alert_secret else None
    return Webhook(settings.alert_webhook.get_secret_value(), secret)


async def _mark(sources: Sources, notice: Notice, now: datetime) -> None:
    async with sources.store.writing() as ledger:
        mark = ledger.alarms.recovered if notice.is_over else ledger.alarms.announced
        await mark(notice.alarm.name, now=now)


def _utc(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
