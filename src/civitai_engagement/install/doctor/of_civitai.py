"""The way to Civitai: the network and its proxy, the key, the clock, and the creator's name."""

from collections.abc import AsyncIterator
from datetime import timedelta

from civitai_engagement.analysis.condition import MOST_AHEAD
from civitai_engagement.civitai.client import Civitai
from civitai_engagement.civitai.network import way_to
from civitai_engagement.civitai.pacing import LocalBudget
from civitai_engagement.clock import Clock
from civitai_engagement.errors import BadSetup, EngagementError, NotFound, Refused
from civitai_engagement.install.doctor.diagnosis import Diagnosis
from civitai_engagement.ports import Lane
from civitai_engagement.setting_values import network_environment
from civitai_engagement.settings import Settings

PATIENCE, ANSWER = timedelta(seconds=3), timedelta(seconds=10)  # somebody waits: one that is down stays so for a look
SET_CLOCK = "Set the clock of this machine (switch on setting it by network); until then nothing is collected."
NOTABLE = timedelta(minutes=5)


async def of_civitai(settings: Settings, clock: Clock) -> list[Diagnosis]:
    hasty = settings.model_copy(update={"live_patience": PATIENCE, "request_timeout": ANSWER})
    try:
        civitai = Civitai(hasty, clock=clock, budget=LocalBudget(settings.requests_per_second))
    except BadSetup as error:
        return [Diagnosis.fault("network", error.message, error.hint)]
    async with civitai:
        return [one async for one in _asked(civitai, settings)]


async def _asked(civitai: Civitai, settings: Settings) -> AsyncIterator[Diagnosis]:
    try:
        await civitai.newest(limit=1, levels=1, lane=Lane.LIVE)
    except Refused as error:
        yield _refused(error, settings)
    except EngagementError as error:
        yield Diagnosis.fault("network", error.message, error.hint or "Try again in a few minutes.")
        return
    else:
        yield Diagnosis.good("network", f"{settings.civitai_base_url} answers{_way(settings)}.")
    yield _clock(civitai.clock_ahead)
    yield await _key(civitai, settings)
    async for one in _creator(civitai, settings):
        yield one


def _refused(error: Refused, settings: Settings) -> Diagnosis:
    hint = error.hint or f"Is CIVITAI_BASE_URL right ({settings.civitai_base_url})? https://civitai.com is the default."
    return Diagnosis.fault("network", error.message, hint)


def _way(settings: Settings) -> str:
    way = way_to(settings.civitai_base_url, network_environment())
    return f", through the proxy that {way.proxy} names" if way.proxy else ""


def _clock(ahead: timedelta | None) -> Diagnosis:
    if ahead is None:
        return Diagnosis.good("clock", "Not compared: Civitai said no time.")
    seconds = ahead.total_seconds()
    said = f"The clock of this machine is {_span(abs(seconds))} {'ahead of' if seconds > 0 else 'behind'} Civitai's."
    if abs(ahead) > MOST_AHEAD:
        return Diagnosis.fault("clock", said, SET_CLOCK)
    if abs(ahead) > NOTABLE:
        return Diagnosis.warning("clock", said, "Set the clock of this machine: ages and gains are off by as much.")
    return Diagnosis.good("clock", "The clock of this machine agrees with Civitai's.")


def _span(seconds: float) -> str:
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours:,} h {minutes} min" if hours else f"{minutes} min"


async def _key(civitai: Civitai, settings: Settings) -> Diagnosis:
    if settings.civitai_api_key is None:
        return Diagnosis.good("key", "No CIVITAI_API_KEY is set: everything public works without.")
    try:
        me = await civitai.me()
    except EngagementError as error:
        return Diagnosis.warning(
            "key", f"The key could not be tried: {error.message}", error.hint or "Try again later."
        )
    if me is None:
        cure = "Make a new one at civitai.com/user/account (API keys) and set CIVITAI_API_KEY to it, or unset it."
        return Diagnosis.fault("key", "Civitai does not accept the key in CIVITAI_API_KEY.", cure)
    return Diagnosis.good("key", f"The key in CIVITAI_API_KEY belongs to {me.username}.")


async def _creator(civitai: Civitai, settings: Settings) -> AsyncIterator[Diagnosis]:
    name = settings.creator
    if not name:
        return
    try:
        pages = civitai.creator_pages(name, lane=Lane.LIVE)
        media = (await anext(pages)).media
        await pages.aclose()  # type: ignore[attr-defined] # a generator, all of whose pages are not wanted
    except (StopAsyncIteration, NotFound):
        media = ()
    except EngagementError as error:
        yield Diagnosis.fault("creator", error.message, error.hint or "Try again later.")
        return
    yield _known(name, len(media))


def _known(name: str, media: int) -> Diagnosis:
    if media:
        return Diagnosis.good("creator", f"Civitai lists media of {name}.")
    cure = "Write the name as in the address of the profile, civitai.com/user/NAME; nothing public yet is no mistake."
    return Diagnosis.warning(
        "creator", f"Civitai lists nothing of a creator {name} (CIVITAI_ENGAGEMENT_CREATOR).", cure
    )
