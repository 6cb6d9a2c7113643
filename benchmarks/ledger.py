"""A stored history to ask about: synthetic posts and media observed for a week, by the store's own writers."""

import uuid
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from random import Random

from civitai_engagement.records.media import Counters, Generation, Media, Resource
from civitai_engagement.records.provenance import Source
from civitai_engagement.sandbox import Counts, Growth, LogLogistic
from civitai_engagement.store.images import Observation
from civitai_engagement.store.ledger import Ledger
from civitai_engagement.store.posts import PostRecord
from civitai_engagement.store.store import Store

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SIZES = (1, 2, 4, 6, 8, 10, 13, 16, 20, 20)  # media of a post: ten posts have a hundred
TICKS = [12 * HOUR * place for place in range(14, -1, -1)]  # back from now: a week, twice a day
FIRST_POST, FIRST_IMAGE = 22_000_001, 110_000_001
CREATORS = ("marlow", "Tannin", "quillfox", "Esker", "noctilune", "brinewood", "Ostara7", "palewick")
SUBJECTS = ("a lighthouse keeper", "two foxes", "an old tram", "a glass garden", "the last ferry", "a paper dragon")
MOODS = ("in heavy rain", "under a green moon", "at first light", "seen through fog", "on a summer evening")
STYLES = ("oil on canvas", "35mm film, soft grain", "ink and wash", "wide shot, volumetric light, sharp focus")
FIRSTS = (
    "Bre",
    "Cor",
    "Dun",
    "Esk",
    "Far",
    "Gil",
    "Hol",
    "Inver",
    "Kel",
    "Lin",
    "Mor",
    "Nant",
    "Pen",
    "Ros",
    "Tre",
    "Wen",
)
LASTS = (
    *(
        "ack",
        "bay",
        "combe",
        "dale",
        "ess",
        "ford",
        "garth",
        "holm",
        "ick",
        "keld",
        "loch",
        "mere",
        "ness",
        "port",
        "quay",
    ),
    *("ridge", "stead", "tor", "uist", "vale", "wick", "by", "ham", "ley", "thorpe"),
)
PLACES = [f"{first}{last}" for first in FIRSTS for last in LASTS]  # a rare word for each prompt
UNWANTED = "lowres, bad hands, extra fingers, watermark, jpeg artifacts, blurry"


@dataclass(frozen=True)
class Seed:
    """What to store: so many posts, ten media each on average, ending `now`.

    >>> await Seed(posts=1000, now=now).write(store)
    """

    posts: int
    now: datetime

    @cached_property
    def galleries(self) -> list[tuple[PostRecord, list[Media]]]:
        random = Random(20261101)
        galleries = []
        for place in range(self.posts):
            published_at = self.now - DAY / 2 - place * 60 * DAY / self.posts
            post = _post(FIRST_POST + place, published_at, random)
            first = FIRST_IMAGE + place * max(SIZES)
            media = [_media(first + n, post, published_at, random) for n in range(SIZES[place % len(SIZES)])]
            galleries.append((post, media))
        return galleries

    @cached_property
    def media(self) -> list[Media]:
        return [one for _, gallery in self.galleries for one in gallery]

    async def write(self, store: Store) -> None:
        """Store everything, oldest observation first, and let Postgres learn what it holds."""
        growths = {one.id: _growth(Random(one.id)) for one in self.media}
        for post, media in self.galleries:
            async with store.writing() as ledger:
                await ledger.images.describe(media, seen_at=self.now)
                await ledger.images.date({one.id: post.published_at for one in media if post.published_at})
                await ledger.posts.record(post, now=self.now)
                await ledger.assets.record(media, post_id=post.post_id, created_by="me", now=self.now)
        for back in TICKS:
            async with store.writing() as ledger:
                await self._observe(ledger, growths, self.now - back)
        async with store.reading() as ledger:
            await ledger._connection.execute("vacuum analyze")

    async def _observe(self, ledger: Ledger, growths: dict[int, Growth], at: datetime) -> None:
        seen = [
            Observation(one.id, _counters(growths[one.id], at - one.created_at), at + 12 * HOUR)
            for one in self.media
            if one.created_at and one.created_at <= at
        ]
        for first in range(0, len(seen), 500):
            await ledger.images.observe(seen[first : first + 500], as_of=at, observed_at=at, source=Source.RECORDED)


def _post(post_id: int, published_at: datetime, random: Random) -> PostRecord:
    return PostRecord(
        post_id=post_id,
        civitai_url=f"https://civitai.com/posts/{post_id}",
        title=f"{random.choice(SUBJECTS).capitalize()} {random.choice(MOODS)}",
        description=f"A study of {random.choice(SUBJECTS)}. Comments are welcome!",
        username=random.choice(CREATORS),
        tags=("landscape", "illustration", "night"),
        nsfw_level=1,
        published_at=published_at,
        authoritative=True,
        created_by="me",
    )


def _media(image_id: int, post: PostRecord, published_at: datetime, random: Random) -> Media:
    name = uuid.uuid5(uuid.NAMESPACE_URL, f"benchmarks/{image_id}")
    return Media(
        id=image_id,
        url=f"https://image.civitai.com/xG1nkqKTMzGDvpLrqFT7WA/{name}/original=true/{name}.jpeg",
        post_id=post.post_id,
        width=832,
        height=1216,
        hash="UFE~S3VtvxofDhD%tRWBGu?bMxM{jFIUxuj[",
        nsfw=False,
        nsfw_level="None",
        browsing_level=1,
        created_at=published_at,
        username=post.username,
        base_model="SDXL 1.0",
        model_version_ids=(500_001, 500_101),
        generation=_generation(random),
    )


def _generation(random: Random) -> Generation:
    parts = [f"{random.choice(SUBJECTS)} {random.choice(MOODS)}, {random.choice(STYLES)}" for _ in range(3)]
    return Generation(
        prompt=", ".join([*parts, f"near {random.choice(PLACES)}"]),
        negative_prompt=UNWANTED,
        steps=random.randrange(20, 41),
        cfg_scale=random.randrange(6, 18) / 2,
        sampler="DPM++ 2M",
        scheduler="Karras",
        seed=random.randrange(2**32),
        clip_skip=2,
        model_name="harbourMix",
        resources=(Resource("hashes", 500_001, "checkpoint", "harbourMix", None, "ab12cd34ef"),),
    )


def _growth(random: Random) -> Growth:
    likes = int(random.lognormvariate(3, 1))
    totals = Counts(like=likes, heart=likes // 2, laugh=likes // 9, cry=likes // 12, comment=likes // 15)
    return Growth(totals, LogLogistic(half=30 * HOUR, steepness=0.8))


def _counters(growth: Growth, age: timedelta) -> Counters:
    return Counters(**asdict(growth.counts(age)))


def whole_second() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
