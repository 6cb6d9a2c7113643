from datetime import UTC, datetime, timedelta

from civitai_engagement.records.media import Counters, Media
from civitai_engagement.records.provenance import Source
from civitai_engagement.records.shares import CreatorPosts, Share
from civitai_engagement.store.images import Images, Observation
from civitai_engagement.store.queries import Connection
from civitai_engagement.store.shares import Shares

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def counted(number: int) -> Counters:
    return Counters(like=number, heart=1, laugh=0, cry=0, dislike=0, comment=2)


async def test_a_creators_engagement_is_summed_by_type_and_base_model(connection: Connection) -> None:
    images = Images(connection)
    told = [(1, 7, "Flux.1 D"), (2, 7, "Flux.1 D"), (3, 8, None), (4, 8, "Flux.1 D")]
    media = [
        Media(id=one, url=f"https://image.example/{one}", post_id=post, username="Ada", base_model=model)
        for one, post, model in told
    ]
    stranger = Media(id=9, url="https://image.example/9", post_id=9, username="Bo")
    await images.describe([*media, stranger], seen_at=NOON)
    early = [Observation(1, counted(10), NOON), Observation(3, counted(5), NOON)]
    await images.observe(early, as_of=NOON, observed_at=NOON, source=Source.RECORDED)
    later = NOON + timedelta(hours=1)
    await images.observe([Observation(2, counted(4), later)], as_of=later, observed_at=later, source=Source.RECORDED)
    shares = Shares(connection)
    assert await shares.of_creator("ADA") == [
        Share("image", "Flux.1 D", media=3, known=2, counters=Counters(14, 2, 0, 0, 0, 4), as_of=NOON),
        Share("image", None, media=1, known=1, counters=counted(5), as_of=NOON),
    ]
    assert await shares.posts_of_creator("ada") == CreatorPosts("Ada", 2)
    assert await shares.of_creator("Cy") == []
    assert await shares.posts_of_creator("Cy") == CreatorPosts(None, 0)
