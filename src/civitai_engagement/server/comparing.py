"""What comparisons are asked with, as people write it: posts or images, ages, time zones, whose effects."""

import difflib
import re
from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo, available_timezones

from civitai_engagement.answers.compared_posts import ComparisonOptions
from civitai_engagement.answers.parameter_effects import EffectOptions
from civitai_engagement.civitai.urls import parse_image, parse_post
from civitai_engagement.errors import BadInput
from civitai_engagement.records.curves import Of
from civitai_engagement.server.arguments import instant
from civitai_engagement.store.history import Subject

_AGE = re.compile(r"([1-9][0-9]{0,4}) ?(min|h|d|w)")
_UNITS = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_EXAMPLES = "Europe/Berlin, America/New_York or UTC"


def contest_of(posts: Sequence[str], images: Sequence[str], at_age: str, host: str) -> ComparisonOptions:
    """Read what is to be compared: posts, or images, each once.

    Raises:
        BadInput: Both are given, or one of them cannot be read.
    """
    if posts and images:
        raise BadInput("posts and images are given together.", hint="Pass one of them: they are not of one kind.")
    of, parse, texts = (Of.IMAGES, parse_image, images) if images else (Of.POSTS, parse_post, posts)
    ids = tuple(dict.fromkeys(parse(text, own_host=host) for text in texts))
    return ComparisonOptions(of, ids, age_of("at_age", at_age))


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


def effects_of(named: Sequence[Subject], *, since: str) -> EffectOptions:
    """Read whose effects are to be drawn: a creator's beside others', or all.

    Raises:
        BadInput: Posts or images are named, which are too few to compare, or several creators.
    """
    if len(named) > 1 or any(one.creator is None for one in named):
        raise BadInput("Effects are of one creator or of all.", hint="Name one creator, or nobody.")
    return EffectOptions(creator=named[0].creator if named else None, since=instant("from_time", since))


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
