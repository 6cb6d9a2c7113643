"""A planted population as the sandbox serves it: posts with dates, media with growth, metadata and absences."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from civitai_engagement.sandbox.catalogue import ModelVersion, Post
from civitai_engagement.sandbox.growth import Counts, Growth, any_curve
from civitai_engagement.sandbox.habits import MadeMedia, MadePost, Population
from civitai_engagement.sandbox.items import Absence, Item
from civitai_engagement.sandbox.planted import WorldPlan

DAY = timedelta(days=1)
FIRST_POST = 22_000_001
FIRST_IMAGE = 102_000_001
BASES = ("SDXL 1.0", "Illustrious", "Pony", "SD 1.5", "Flux.1 D")
CHECKPOINTS_OF_A_BASE = ("Mix", "Garden", "Works")
LORAS = ("softLight", "paperFold", "longLens", "glassWater", "oldMaps", "ropeKnots", "cloudInk", "brassKeys")
FLOP, DELETED = 0.4, 0.7


def model_versions(born: datetime) -> list[ModelVersion]:
    """Three checkpoints of every base model, and the LoRAs."""
    named = [
        (f"{base.split()[0].split('.')[0].lower()}{kind}", base) for base in BASES for kind in CHECKPOINTS_OF_A_BASE
    ]
    checkpoints = [
        ModelVersion(510_001 + place, 410_001 + place, name, "v1", base, born)
        for place, (name, base) in enumerate(named)
    ]
    loras = [
        ModelVersion(520_001 + place, 420_001 + place, name, "v1", BASES[0], born, type="LORA")
        for place, name in enumerate(LORAS)
    ]
    return [*checkpoints, *loras]


@dataclass(frozen=True)
class Posting:
    """What a population posts from an instant on."""

    plan: WorldPlan
    seed: int
    began_at: datetime
    versions: Sequence[ModelVersion]

    def population(self) -> Iterator[tuple[Post, list[Item]]]:
        random = Random(f"{self.seed}/served")  # noqa: S311 -- a synthetic world, no secret
        first_image = FIRST_IMAGE
        # Ids rise with time, as on the site.
        made = sorted(Population(self.plan, self.seed, self.versions).posts(), key=lambda post: post.day)
        for place, post in enumerate(made):
            published_at = (self.began_at + post.day * DAY).replace(microsecond=0)
            served = Post(FIRST_POST + place, post.habit.name, published_at, _title(post))
            yield served, self._items(random, post, served, first_image)
            first_image += len(post.media)

    def _items(self, random: Random, post: MadePost, served: Post, first_image: int) -> list[Item]:
        absences = self._absences(random, post, served.published_at)
        return [_item(random, one, served, first_image + place, absences) for place, one in enumerate(post.media)]

    def _absences(self, random: Random, post: MadePost, published_at: datetime) -> tuple[Absence, ...]:
        mean = sum(one.total for one in post.media) / len(post.media)
        is_flop = self.plan.flops_vanish and mean < FLOP * post.habit.strength
        if not is_flop or random.random() >= DELETED:
            return ()
        return (Absence(published_at + random.uniform(2, 6) * DAY),)


def _item(random: Random, made: MadeMedia, post: Post, image_id: int, absences: tuple[Absence, ...]) -> Item:
    making = made.making
    return Item(
        id=image_id,
        post_id=post.id,
        username=post.username,
        type=made.type,
        level=made.level,
        counters=Growth(_totals(random, made.total), any_curve(random), rounding=random.random()),
        uploaded_at=post.published_at - random.random() * DAY,
        published_at=post.published_at,
        width=making.width,
        height=making.height,
        meta=making.shown(made.form),
        base_models=(making.version.base_model,),
        model_version_ids=() if made.form == "hidden" else (making.version.id,),
        absences=absences,
        effects=made.effects,
    )


def _totals(random: Random, total: int) -> Counts:
    heart, laugh, cry = (int(total * share + random.random()) for share in (0.25, 0.09, 0.04))
    heart, laugh = min(heart, total), min(laugh, total - min(heart, total))
    cry = min(cry, total - heart - laugh)
    return Counts(like=total - heart - laugh - cry, heart=heart, laugh=laugh, cry=cry, comment=int(total * 0.03))


def _title(post: MadePost) -> str:
    return post.media[0].making.phrases[0].capitalize()
