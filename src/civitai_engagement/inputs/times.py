"""Moments, ages and time zones, as people write them."""

import difflib
import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from civitai_engagement.errors import BadInput

WHEN = "ISO 8601, UTC; a date is its whole day."


def instant(name: str, text: str, *, is_end: bool = False) -> datetime | None:
    """Read a moment; a date alone stands for its first moment, or as an end for its last."""
    text = text.strip()
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text)
        aware = read if read.tzinfo else read.replace(tzinfo=UTC)
        return datetime.combine(aware, time.max, UTC) if is_end and _is_day(text) else aware.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadInput(f"{name} {text[:40]!r} is no date.", hint="Write 2026-11-21 or 2026-11-21T09:00:00Z.") from error


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


_AGE = re.compile(r"([1-9][0-9]{0,4}) ?(min|h|d|w)")


_UNITS = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


_EXAMPLES = "Europe/Berlin, America/New_York or UTC"


def age_of(name: str, text: str) -> timedelta:
    """Read an age such as 90min, 24h, 7d or 2w.

    Raises:
        BadInput: It is not a whole number with a unit.
    """
    if not (found := _AGE.fullmatch(text.strip().lower())):
        raise BadInput(
            f"{name} {text[:40]!r} is no age.", hint="Write a number with min, h, d or w, such as 24h or 7d."
        )
    return int(found[1]) * _UNITS[found[2]]


def zone_of(text: str) -> ZoneInfo:
    """Read an IANA time zone.

    Raises:
        BadInput: There is none of that name; the error says which are like it.
    """
    name = text.strip() or "UTC"
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError) as error:  # no such file, a folder, or a path out of the zones
        near = _like(name)
        meant = f"Did you mean {', '.join(near)}?" if near else f"Pass an IANA name such as {_EXAMPLES}."
        raise BadInput(f"time_zone {text[:40]!r} is no time zone.", hint=meant) from error


def _like(name: str) -> list[str]:
    """Name up to three zones that are spelled like this one, as a whole or by their city."""
    wanted = name.lower().replace(" ", "_")
    spelled = {zone.lower(): zone for zone in available_timezones()}
    cities = {zone.rpartition("/")[2]: zone for zone in sorted(spelled, reverse=True)}
    alike = difflib.get_close_matches(wanted, spelled, n=3, cutoff=0.75)
    same_city = [cities[city] for city in difflib.get_close_matches(wanted, cities, n=3, cutoff=0.8)]
    return [spelled[zone] for zone in dict.fromkeys([*alike, *same_city])][:3]
