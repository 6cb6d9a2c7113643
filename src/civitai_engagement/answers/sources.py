"""What an answer may ask."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # the client and the store are heavy: an answer is handed them, it does not load them
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
