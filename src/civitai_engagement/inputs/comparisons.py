"""What is to be compared, as people write it: posts or images at an age, whose effects."""

from collections.abc import Sequence

from civitai_engagement.answers.insight.compared_posts import ComparisonOptions
from civitai_engagement.answers.why.parameter_effects import EffectOptions
from civitai_engagement.civitai.urls import parse_image, parse_post
from civitai_engagement.errors import BadInput
from civitai_engagement.inputs.times import age_of, instant
from civitai_engagement.records.curves import Of
from civitai_engagement.records.filters import Subject


def comparison_of(posts: Sequence[str], images: Sequence[str], at_age: str, host: str) -> ComparisonOptions:
    """Read what is to be compared: posts, or images, each once.

    Raises:
        BadInput: Both are given, or one of them cannot be read.
    """
    if posts and images:
        raise BadInput("posts and images are given together.", hint="Pass one of them: they are not of one kind.")
    of, parse, texts = (Of.IMAGES, parse_image, images) if images else (Of.POSTS, parse_post, posts)
    ids = tuple(dict.fromkeys(parse(text, own_host=host) for text in texts))
    return ComparisonOptions(of, ids, age_of("at_age", at_age))


def effects_of(named: Sequence[Subject], *, since: str) -> EffectOptions:
    """Read whose effects are to be drawn: a creator's beside others', or all.

    Raises:
        BadInput: Posts or images are named, which are too few to compare, or several creators.
    """
    if len(named) > 1 or any(one.creator is None for one in named):
        raise BadInput("Effects are of one creator or of all.", hint="Name one creator, or nobody.")
    return EffectOptions(creator=named[0].creator if named else None, since=instant("from_time", since))
