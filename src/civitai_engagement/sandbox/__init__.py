"""A simulator of Civitai's public API on loopback, over a synthetic world whose truth is known."""

from civitai_engagement.sandbox.app import create_app
from civitai_engagement.sandbox.growth import Counts, Growth, LogLogistic, Pinned, PowerLaw, Weibull, Withdrawal
from civitai_engagement.sandbox.items import Item
from civitai_engagement.sandbox.planted import WorldName
from civitai_engagement.sandbox.server import Sandbox
from civitai_engagement.sandbox.world import Switches, World, gallery

__all__ = [
    "Counts",
    "Growth",
    "Item",
    "LogLogistic",
    "Pinned",
    "PowerLaw",
    "Sandbox",
    "Switches",
    "Weibull",
    "Withdrawal",
    "World",
    "WorldName",
    "create_app",
    "gallery",
]
