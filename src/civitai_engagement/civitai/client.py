"""The Civitai client: questions in, believable values out."""

from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self, TypeVar

from civitai_engagement.civitai import wire
from civitai_engagement.civitai.exchange import MIB, Answer, Carrier, Exchange
from civitai_engagement.civitai.memory import Ask, Memory
from civitai_engagement.civitai.retry import Errand, errand
from civitai_engagement.civitai.urls import checked_id
from civitai_engagement.civitai.walk import Page, Walked, walk
from civitai_engagement.clock import Clock
from civitai_engagement.errors import NotFound, UpstreamRefused, UpstreamUnbelievable
from civitai_engagement.ports import Budget, Lane
from civitai_engagement.records.media import Post, Reading
from civitai_engagement.records.models import ModelVersion
from civitai_engagement.settings import Settings

T = TypeVar("T")
Check = Callable[[wire.Listing], wire.Listing]
_IMAGES = "/api/v1/images"
_ROUTE_ABSENT_FOR = timedelta(hours=1)
_ALL_LEVELS = {"browsingLevel": "31"}
_WITH_META = {"withMeta": "true", "flatMeta": "true"}


class Civitai:
    """Asks Civitai, politely, and checks that what comes back answers the question.

    >>> async with Civitai(settings, clock=clock, budget=budget) as civitai:
    ...     reading = await civitai.post_media(12345)
    """

    def __init__(self, settings: Settings, *, clock: Clock, budget: Budget, transport: Carrier | None = None) -> None:
        self._settings = settings
        self._clock = clock
        self._budget = budget
        self._exchange = Exchange(settings, clock, transport)
        self._readings = Memory[Reading](clock, settings.live_memory)
        self._posts = Memory[Post](clock, settings.live_memory)
        self._versions = Memory[ModelVersion](clock, settings.live_memory)
        self._post_route_absent_until: datetime | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        for memory in (self._readings, self._posts, self._versions):
            await memory.aclose()
        await self._exchange.aclose()

    async def post_media(
        self, post_id: int, *, with_meta: bool = False, lane: Lane = Lane.LIVE, fresh: bool = False
    ) -> Reading:
        """Read every media of a post, at all content levels."""
        checked_id(post_id, "a post")

        async def question() -> Reading:
            return await self._whole_post(post_id, with_meta=with_meta, lane=lane)

        return await self._read("post", post_id, question, with_meta=with_meta, lane=lane, fresh=fresh)

    async def image(
        self, image_id: int, *, with_meta: bool = False, lane: Lane = Lane.LIVE, fresh: bool = False
    ) -> Reading:
        """Read one image, video or audio; no media means that Civitai has none of that id, or hides it."""
        checked_id(image_id, "an image")

        async def question() -> Reading:
            return await self._one_image(image_id, with_meta=with_meta, lane=lane)

        return await self._read("image", image_id, question, with_meta=with_meta, lane=lane, fresh=fresh)

    async def post(self, post_id: int, *, lane: Lane = Lane.LIVE) -> Post | None:
        """Read title, text and tags of a post; `None` where this Civitai has no such route yet."""
        checked_id(post_id, "a post")
        if self._post_route_absent_until and self._clock.now() < self._post_route_absent_until:
            return None

        async def question() -> Post:
            return await self._ask(f"/api/v1/posts/{post_id}", lane, lambda body: _same_post(body, post_id))

        try:
            return await _remembered(self._posts, post_id, question, lane)
        except UpstreamRefused as error:
            if error.status != 404:
                raise
            self._post_route_absent_until = self._clock.now() + _ROUTE_ABSENT_FOR
            return None

    async def model_version(self, version_id: int, *, lane: Lane = Lane.LIVE) -> ModelVersion | None:
        """Read the name of a model version; `None` where Civitai does not know it."""
        checked_id(version_id, "a model version")

        async def question() -> ModelVersion:
            path = f"/api/v1/model-versions/mini/{version_id}"
            return await self._ask(path, lane, lambda body: wire.read_version(body, version_id))

        try:
            return await _remembered(self._versions, version_id, question, lane)
        except NotFound:
            return None

    async def me(self) -> wire.Me | None:
        """Read whose API key is set; `None` without a key, or where Civitai does not accept it."""
        if self._settings.civitai_api_key is None:
            return None
        try:
            return await self._ask("/api/v1/me", Lane.LIVE, wire.read_me)
        except UpstreamRefused as error:
            if error.status != 401:
                raise
            return None

    async def _read(
        self, kind: str, number: int, question: Ask[Reading], *, with_meta: bool, lane: Lane, fresh: bool
    ) -> Reading:
        if lane is Lane.BULK:
            return await question()
        key = (kind, number, with_meta)
        if fresh:
            reading = await question()
            self._readings.keep(key, reading)
            return reading
        known = self._readings.recall(key) or self._readings.recall((kind, number, True))
        return replace(known, from_memory=True, requests=0) if known else await self._readings.ask(key, question)

    async def _whole_post(self, post_id: int, *, with_meta: bool, lane: Lane) -> Reading:
        query = {"postId": str(post_id), "limit": "100" if with_meta else "200", "sort": "Newest", **_ALL_LEVELS}
        async with self._errand(lane) as question:

            async def fetch(cursor: str | None) -> Page:
                step = {**query, "cursor": cursor} if cursor else query
                return await self._page(question, step, lambda found: _of_post(found, post_id), with_meta=with_meta)

            walked = await walk(fetch)
        return _reading(walked, question.requests)

    async def _one_image(self, image_id: int, *, with_meta: bool, lane: Lane) -> Reading:
        query = {"imageId": str(image_id), "limit": "1", **_ALL_LEVELS}
        async with self._errand(lane) as question:
            page = await self._page(question, query, lambda found: _of_image(found, image_id), with_meta=with_meta)
        return _reading(Walked((page,)), question.requests)

    async def _page(self, question: Errand, query: dict[str, str], check: Check, *, with_meta: bool) -> Page:
        async def send() -> Page:
            wanted = {**query, **_WITH_META} if with_meta else query
            answer = await self._exchange.get(_IMAGES, wanted, most_bytes=(32 if with_meta else 8) * MIB)
            return Page(check(wire.read_listing(answer.body, with_meta=with_meta)), answer.as_of, answer.fetched_at)

        return await question.attempt(send)

    async def _ask(self, path: str, lane: Lane, read: Callable[[object], T]) -> T:
        async def send() -> T:
            answer: Answer = await self._exchange.get(path, {}, most_bytes=8 * MIB)
            return read(answer.body)

        async with self._errand(lane) as question:
            return await question.attempt(send)

    def _errand(self, lane: Lane) -> AbstractAsyncContextManager[Errand]:
        return errand(self._clock, self._budget, lane, self._settings.live_patience)


async def _remembered(memory: Memory[T], key: int, question: Ask[T], lane: Lane) -> T:
    if lane is Lane.BULK:
        return await question()
    known = memory.recall(key)
    return await memory.ask(key, question) if known is None else known


def _reading(walked: Walked, requests: int) -> Reading:
    """Merge pages: windows shift while we walk, so an item may come twice."""
    media = {item.id: item for page in walked.pages for item in page.listing.media}
    return Reading(
        media=tuple(media[number] for number in sorted(media)),
        as_of=min(page.as_of for page in walked.pages),
        fetched_at=max(page.fetched_at for page in walked.pages),
        requests=requests,
        rejects=tuple(dict.fromkeys(reject for page in walked.pages for reject in page.listing.rejects)),
        notes=tuple(f"The list may be incomplete: {doubt}." for doubt in _doubts(walked)),
    )


def _doubts(walked: Walked) -> Iterator[str]:
    """An item twice on two pages is a shifted window; twice on one page, it stands where another should."""
    if walked.doubt:
        yield walked.doubt
    if any(len(page.ids) < len(page.listing.media) for page in walked.pages):
        yield "Civitai listed some items twice on one page"


def _of_post(listing: wire.Listing, post_id: int) -> wire.Listing:
    """Believe a page only where some item names the post asked for, and none another."""
    named = {media.post_id for media in listing.media} - {None}
    if listing.media and named != {post_id}:
        raise UpstreamUnbelievable(f"Civitai answered with images that are not of post {post_id}.")
    return replace(listing, media=tuple(replace(media, post_id=post_id) for media in listing.media))


def _of_image(listing: wire.Listing, image_id: int) -> wire.Listing:
    if any(media.id != image_id for media in listing.media):
        raise UpstreamUnbelievable(f"Civitai answered with other images than image {image_id}.")
    return listing


def _same_post(body: object, post_id: int) -> Post:
    post = wire.read_post(body)
    if post.id != post_id:
        raise UpstreamUnbelievable(f"Civitai answered with another post than {post_id}.")
    return post
