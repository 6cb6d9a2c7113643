"""What recording needs of the process it runs in."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # handed in: this room does not open them
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
    def is_local(self) -> bool: ...
