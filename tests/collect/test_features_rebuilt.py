"""What is kept tick by tick is what would be read off from the beginning: in worlds, and after a killed process."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from civitai_engagement.analysis.curves import Curve, CurveChange
from civitai_engagement.analysis.features import features
from civitai_engagement.analysis.outcomes import sampled
from civitai_engagement.collect.jobs.features import keep_outdated
from civitai_engagement.records.made import UNSAMPLED, MadeScope
from civitai_engagement.records.media import Counters, Generation, Media, Resource
from civitai_engagement.records.provenance import Source
from civitai_engagement.store.images import Observation
from tests.growing import Grown, write
from tests.house import START

if TYPE_CHECKING:
    from tests.house import House

HOUR = timedelta(hours=1)
ROWS = """
select (to_jsonb(f) - '{{built_at,sampler,scheduler,base_family,checkpoint,loras}}'::text[])::text, {names},
    array(select term from unnest(f.loras) with ordinality as l (id, place)
        join feature_terms on term_id = l.id order by place)
from image_features as f
order by image_id
""".format(
    names=", ".join(
        f"(select term from feature_terms where term_id = f.{one})"
        for one in ("sampler", "scheduler", "base_family", "checkpoint")
    )
)
WORDS = ("a fox", "at dawn", "(haze:1.2)", "<lora:ink:0.7>", "Meer und Möwen", "x" * 90)


def drawn(random: Random) -> Generation | None:
    """Draw how a media was made, of everything that is told and of nothing."""

    def maybe(value: Any) -> Any:
        return value if random.random() < 0.7 else None

    used = [
        Resource(
            "resources",
            version_id=maybe(random.randrange(1, 9)),
            type=random.choice(["lora", "checkpoint", "upscaler", None]),
            name=maybe(random.choice(["ink.safetensors", "haze", "N" * 3_000])),
            weight=maybe(random.choice([1, 0.1, 0.35, -2.5])),
            hash=maybe("abc"),
        )
        for _ in range(random.randrange(4))
    ]
    made = Generation(
        prompt=maybe(", ".join(random.choices(WORDS, k=random.randrange(9)))),
        negative_prompt=maybe("blurry"),
        steps=maybe(random.randrange(1, 90)),
        cfg_scale=maybe(random.uniform(1, 15)),
        sampler=maybe(random.choice(["Euler a", "DPM++ 2M", "S" * 500])),
        scheduler=maybe("Karras"),
        seed=maybe(random.randrange(10**21)),
        clip_skip=maybe(2),
        denoise=maybe(0.35),
        model_name=maybe("harbourMix"),
        resources=tuple(used),
        additional=random.choice([{}, {"Hires upscale": 2}, {"workflow": "txt2img-hires"}]),
    )
    return made if random.random() < 0.7 else None


@dataclass
class Story:
    """Media that are described, looked at, changed and missed in any order, and what is true of them."""

    house: "House"
    random: Random
    media: dict[int, Media] = field(default_factory=dict)
    looks: dict[int, list[tuple[datetime, int]]] = field(default_factory=lambda: defaultdict(list))

    async def step(self) -> None:
        self.house.advance(hours=self.random.choice([0.25, 1, 1, 4, 4, 24, 100]))
        [work] = self.random.choices([self.describe, self.look, self.vanish, self.keep], weights=[3, 6, 1, 4])
        await work()

    async def describe(self) -> None:
        """Find media, or learn more of those that are known."""
        ids = [self.random.randrange(1, 13) for _ in range(4)]
        now = self.house.clock.now()
        for one in ids:
            said = self.media.get(one) or Media(one, "u", username="Ana", post_id=one // 3, created_at=now - 2 * HOUR)
            made, base_model = (
                drawn(self.random),
                self.random.choice([None, "SDXL Lightning", "Wan Video 2.2", "Chroma"]),
            )
            size = self.random.choice([None, 512, 832])
            self.media[one] = replace(
                said,
                generation=made or said.generation,
                base_model=base_model or said.base_model,
                width=size or said.width,
                height=768 if size or said.height else None,
            )
        async with self.house.runtime.store.writing(images=ids) as ledger:
            await ledger.images.describe([self.media[one] for one in set(ids)], seen_at=now)

    async def look(self) -> None:
        now, seen = self.house.clock.now(), []
        for one in self.random.sample(sorted(self.media), k=len(self.media) // 2):
            before = self.looks[one][-1][1] if self.looks[one] else 0
            total = max(0, before + self.random.choice([0, 0, 1, 7, -1]))
            self.looks[one].append((now, total))
            seen.append(Observation(one, Counters(total, 0, 0, 0, 0, total // 2), now + 4 * HOUR))
        async with self.house.runtime.store.writing(images=self.media) as ledger:
            await ledger.images.observe(seen, as_of=now, observed_at=now, source=Source.RECORDED)

    async def vanish(self) -> None:
        now = self.house.clock.now()
        async with self.house.runtime.store.writing(images=self.media) as ledger:
            await ledger.images.vanish(dict.fromkeys(sorted(self.media)[:2], now + 24 * HOUR), as_of=now)

    async def keep(self) -> None:
        await keep_outdated(self.house.runtime, 10_000)

    async def told(self) -> dict[int, tuple[object, object]]:
        async with self.house.runtime.store.reading() as ledger:
            made = await ledger.features.made(MadeScope(), limit=1_000)
        return {one.image_id: (one.features, one.sampled.counts) for one in made}

    def truth(self) -> dict[int, tuple[object, object]]:
        return {one: (self._made(said), self._counts(said)) for one, said in self.media.items() if self.looks[one]}

    def _made(self, said: Media) -> object:
        made = features(said.generation, width=said.width, height=said.height, base_model=said.base_model)
        return replace(made, phrases=(), negative_phrases=())

    def _counts(self, said: Media) -> object:
        assert said.created_at is not None
        looks = self.looks[said.id]
        before = [None, *(at for at, _ in looks)]
        changes = [CurveChange(at, total, last) for (at, total), last in zip(looks, before, strict=False)]
        return sampled(Curve(said.created_at, changes, looks[-1][0])).counts if looks else UNSAMPLED.counts


@pytest.mark.parametrize("seed", range(8))
async def test_what_is_kept_tick_by_tick_is_what_is_read_off_from_the_beginning(house: "House", seed: int) -> None:
    story = Story(house, Random(seed))
    await story.describe()
    for _ in range(60):
        await story.step()
    await story.keep()
    kept = await house.rows(ROWS)
    assert await story.told() == story.truth()
    async with house.runtime.store.writing() as ledger:
        await ledger.features.outdate_all()
    await story.keep()
    assert await house.rows(ROWS) == kept


MEDIA = 4_000


async def begin(house: "House", *more: str) -> asyncio.subprocess.Process:
    environment = {**os.environ, "CIVITAI_BASE_URL": house.url, "DATABASE_URL": house.database_url}
    command = [sys.executable, "-m", "civitai_engagement", "features", *more]
    return await asyncio.create_subprocess_exec(*command, env=environment, stdout=PIPE, stderr=DEVNULL)


@pytest.mark.slow
async def test_a_process_killed_in_the_middle_loses_nothing(house: "House") -> None:
    await write(
        house.database_url, [Grown(one, one // 9, START, ((1, 4), (30, one)), 80) for one in range(1, MEDIA + 1)]
    )
    process = await begin(house)
    left = "select count(*) from image_features where rules = 0"
    async with asyncio.timeout(40):
        while await house.rows(left) == [(MEDIA,)]:  # noqa: ASYNC110 # another process writes it
            await asyncio.sleep(0.005)
    process.kill()
    await process.communicate()
    [(after,)] = await house.rows(left)
    assert 0 < after < MEDIA
    assert await house.rows("select count(*) from image_features where (rules = 0) <> (built_at is null)") == [(0,)]

    process = await begin(house)
    said, _ = await process.communicate()
    assert said.decode() == f"The features of {after:,} media were read off; all are up to date.\n"
    kept = await house.rows(ROWS)
    process = await begin(house, "--rebuild")
    said, _ = await process.communicate()
    assert f"{MEDIA:,} media" in said.decode()
    assert await house.rows(ROWS) == kept
