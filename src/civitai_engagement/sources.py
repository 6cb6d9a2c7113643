"""What answers and recordings may ask of the process they run in."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # heavy: handed in, not opened here
    from datetime import timedelta

    from civitai_engagement.civitai.client import Civitai
    from civitai_engagement.clock import Clock
    from civitai_engagement.settings import Settings
    from civitai_engagement.store.store import Store


class Sources(Protocol):
    """Civitai, the store, the time and the settings, as one process owns them."""

    @property
    def settings(self) -> "Settings": ...

    @property
    def clock(self) -> "Clock": ...

    @property
    def civitai(self) -> "Civitai": ...

    @property
    def store(self) -> "Store": ...

    @property
    def clock_ahead(self) -> "timedelta | None": ...

    @property
    def is_local(self) -> bool: ...
