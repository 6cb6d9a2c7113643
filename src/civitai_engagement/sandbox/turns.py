"""A budget for a Civitai of one's own, which nobody has to spare."""

from civitai_engagement.ports import Lane


class FreeTurns:
    """A budget that makes nobody wait."""

    async def take(self, lane: Lane) -> None:  # noqa: ARG002 # everybody may go
        return None
