"""What the resource templates answer with; loaded when the first of them is read."""

from civitai_engagement.answers.answer import Answer
from civitai_engagement.answers.now.post_assets import post_assets
from civitai_engagement.answers.over_time.changes import changes
from civitai_engagement.answers.over_time.history import history
from civitai_engagement.answers.over_time.history_shape import HistoryOptions
from civitai_engagement.answers.recorded.asset import asset
from civitai_engagement.records.filters import AssetFilter, Subject
from civitai_engagement.sources import Sources


class TemplateAnswers:
    """The questions that a resource's address asks."""

    @staticmethod
    async def post(sources: Sources, post_id: int) -> Answer:
        return await post_assets(sources, post_id, limit=50, page=1, details=False)

    @staticmethod
    async def image(sources: Sources, image_id: int) -> Answer:
        return await asset(sources, AssetFilter(image_id=image_id))

    @staticmethod
    async def past(sources: Sources, subject: Subject) -> Answer:
        return await history(sources, subject, HistoryOptions())

    @staticmethod
    async def moved(sources: Sources) -> Answer:
        return await changes(sources, Subject())
