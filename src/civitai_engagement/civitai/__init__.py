"""Everything known about talking to Civitai: addresses, requests, pacing, and the shapes of its answers."""

from typing import TYPE_CHECKING

from civitai_engagement.civitai.urls import image_url, parse_any, parse_image, parse_post, post_url

if TYPE_CHECKING:
    from civitai_engagement.civitai.client import Civitai
    from civitai_engagement.civitai.pacing import LocalBudget

__all__ = ["Civitai", "LocalBudget", "image_url", "parse_any", "parse_image", "parse_post", "post_url"]


def __getattr__(name: str) -> object:
    """Import the client when it is first asked for: an address must not cost an HTTP library."""
    if name == "Civitai":
        from civitai_engagement.civitai.client import Civitai

        return Civitai
    if name == "LocalBudget":
        from civitai_engagement.civitai.pacing import LocalBudget

        return LocalBudget
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
