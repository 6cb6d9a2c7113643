"""Why media are followed, and how readings of them came about."""

from enum import StrEnum


class Source(StrEnum):
    """Why a media is followed; what is sampled only, is kept for the stronger reason once there is one."""

    RECORDED = "recorded"
    WATCHED = "watched"
    SAMPLED = "sampled"


class Route(StrEnum):
    """By which question Civitai gave a reading. A fall is proved by two of them: each has faults of its own."""

    POST = "post"
    IMAGE = "image"  # by its id, alone or among a hundred
    CREATOR = "creator"
    NEWEST = "newest"
    LIVE = "live"
    OLDER_SERVER = "older server"  # not asked by us
