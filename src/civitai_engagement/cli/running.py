"""What every command does: read the settings, start the log, ask one question of a runtime of its own."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import TypeVar

from civitai_engagement import log
from civitai_engagement.cli.stopping import stoppable
from civitai_engagement.clock import Clock
from civitai_engagement.runtime import Runtime, read_settings
from civitai_engagement.settings import Settings

logger = logging.getLogger(__name__)


T = TypeVar("T")


def settings_from_environment(**given: str | None) -> Settings:
    """Read the settings, those `given` before the environment's, and start the log.

    Raises:
        BadSetup: A setting cannot be read; the message names it and says why, without its value.
    """
    settings = read_settings(**given)
    start_log(settings, level=settings.log_level)
    for notice in settings.notices():
        logger.warning(notice)
    return settings


def start_log(settings: Settings, *, level: str, secrets: Iterable[str] = (), file: Path | None = None) -> None:
    alert = (settings.alert_webhook, settings.alert_secret)
    known = (settings.civitai_api_key, settings.token, settings.own_database_url, settings.database_url, *alert)
    every = [*secrets, *(one.get_secret_value() for one in known if one)]
    log.configure(level=level, style=settings.log_format, secrets=every, file=file)


def run(
    question: Callable[[Runtime], Awaitable[T]],
    *,
    level: str = "WARNING",
    clock: Clock | None = None,
    secrets: Iterable[str] = (),
    farewell: str = "Stopped.",
    home: Path | None = None,
    log_file: Path | None = None,
) -> T:
    """Ask one question with a runtime of its own, and close it whatever happens; `farewell` is said when it is stopped.

    `secrets` are what the log must not say besides the settings'; `home` goes before the setting of that name.
    """
    settings = settings_from_environment(home=str(home) if home else None)
    start_log(settings, level=level, secrets=secrets, file=log_file)

    async def ask() -> T:
        async with Runtime(settings, clock=clock, is_local=True).opened(warm_up=False) as runtime:
            return await question(runtime)

    return asyncio.run(stoppable(ask(), farewell=farewell))
