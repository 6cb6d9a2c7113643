"""The Civitai client: questions in, believable values out."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import replace
from datetime import timedelta
from types import TracebackType
from typing import Self, TypeVar

from civitai_engagement.civitai import comments, queries, wire
from civitai_engagement.civitai.comments import Where
from civitai_engagement.civitai.exchange import MIB, Carrier, Exchange, JsonAnswer
from civitai_engagement.civitai.memory import Ask, Memory, UpstreamFeature
from civitai_engagement.civitai.queries import ListQuery
from civitai_engagement.civitai.readings import page_by_page, up_to, whole
from civitai_engagement.civitai.retry import BULK_PATIENCE, RetriedRequest, retried
from civitai_engagement.civitai.unpacking import apart
from civitai_engagement.civitai.urls import checked_id, checked_username
from civitai_engagement.civitai.walk import Fetch, ListPage, Walked, walk
from civitai_engagement.civitai.wire import Listing
from civitai_engagement.clock import Clock, SystemClock
from civitai_engagement.errors import BadInput, NotFound, UpstreamDown, UpstreamRefused, UpstreamUnbelievable
from civitai_engagement.ports import Budget, Lane
from civitai_engagement.records.comments import CommentThread
from civitai_engagement.records.media import PostDetails, Reading
from civitai_engagement.records.models import ModelVersion
from civitai_engagement.settings import Settings

T = TypeVar("T")
DEEPEST = 48_000  # media of one list; Civitai's offsets end a little below 50,000, and it does not say so
ME_REMEMBERED = timedelta(days=1)
TEXTS_REMEMBERED = timedelta(seconds=60)
_NONE_FOUND = "The list may be incomplete: Civitai named none of the ids asked for."


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
        self._posts = Memory[PostDetails](clock, settings.live_memory)
        self._versions = Memory[ModelVersion](clock, settings.live_memory)
        self._me = Memory[wire.Me](clock, ME_REMEMBERED)
        self._threads = Memory[CommentThread](clock, TEXTS_REMEMBERED)
        self._comments_closed = False
        self._post_route = UpstreamFeature(clock, forgotten_after=timedelta(hours=1))
        self._ids = UpstreamFeature(clock, forgotten_after=timedelta(days=1))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        for memory in (self._readings, self._posts, self._versions, self._me, self._threads):
            await memory.aclose()
        await self._exchange.aclose()

    @property
    def clock_ahead(self) -> timedelta | None:
        """By how much the machine's clock is ahead of Civitai's; None while unknown, or under another clock."""
        return self._exchange.clock_ahead

    async def hear_the_time(self) -> timedelta | None:
        """Give the same, and ask for it where it is not known; an error of Civitai's tells the time as well."""
        if self.clock_ahead is None and isinstance(self._clock, SystemClock):
            await self._budget.take(Lane.BULK)
            with suppress(UpstreamDown, UpstreamRefused, NotFound):
                await self._exchange.get("/api/v1/images", {"limit": "1"}, most_bytes=MIB)
        return self.clock_ahead

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
            return await self._one_page(queries.of_image(image_id, with_meta=with_meta), lane)

        return await self._read("image", image_id, question, with_meta=with_meta, lane=lane, fresh=fresh)

    def creator_pages(self, username: str, *, lane: Lane, with_meta: bool = False) -> AsyncIterator[Reading]:
        """Read every media of a creator, at all content levels, page by page; never from memory.

        Each reading is one page, without media of earlier pages. The last alone may say `is_complete`: then the pages
        together are all that Civitai shows of the creator. A page that fails fails the walk; those before it stand.
        """
        query = queries.of_creator(checked_username(username), with_meta=with_meta)
        patience = BULK_PATIENCE if lane is Lane.BULK else self._settings.live_patience
        question = RetriedRequest(self._clock, self._budget, lane, patience=patience)
        most_pages = DEEPEST // query.limit
        return page_by_page(self._pages(query, question), question, most_pages=most_pages)

    async def newest(
        self, *, limit: int = 200, sort: str = "Newest", period: str = "AllTime", levels: int = 3, lane: Lane
    ) -> Reading:
        """Read at most `limit` media of everybody's, with how they were made; `levels` adds up content levels.

        The media are the first in the order of `sort`, though given by id. Fewer are no error. Never from memory.
        """
        query = queries.newest(limit=limit, sort=sort, period=period, levels=levels)
        async with self._request(lane) as question:
            return await up_to(limit, self._pages(query, question), question)

    async def by_ids(self, ids: Iterable[int], *, lane: Lane) -> Reading | None:
        """Look up at most a hundred images at once, at all content levels; `None` where Civitai does not know how to.

        Ids that Civitai does not have, or hides, are absent. Where none comes back the reading is not complete:
        Civitai answers so as well when its search times out. Never from memory.
        """
        asked = _checked_ids(ids)
        if self._ids.is_known is False:
            return None
        try:
            reading = await self._one_page(queries.of_ids(asked, proven=bool(self._ids.is_known)), lane)
        except (UpstreamRefused, UpstreamUnbelievable) as error:
            if isinstance(error, UpstreamRefused) and error.status != 400:
                raise
            self._ids.deny()
            return None
        return self._looked_up(reading)

    @property
    def supports_ids(self) -> bool | None:
        """Whether `by_ids` works on this Civitai; `None` where that was not seen yet, or long ago."""
        return self._ids.is_known

    async def post(self, post_id: int, *, lane: Lane = Lane.LIVE) -> PostDetails | None:
        """Read title, text and tags of a post; `None` where this Civitai has no such route yet."""
        checked_id(post_id, "a post")
        if self._post_route.is_known is False:
            return None

        async def question() -> PostDetails:
            return await self._ask(f"/api/v1/posts/{post_id}", lane, lambda body: _same_post(body, post_id))

        try:
            return await _remembered(self._posts, post_id, question, lane)
        except UpstreamRefused as error:
            if error.status != 404:
                raise
            self._post_route.deny()
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

    async def comments(self, where: Where, number: int) -> CommentThread | None:
        """Read the newest comments under an image or a post, with the user's own key; kept in memory for a minute.

        `None` where Civitai does not open this to the key: it is not asked again before the next start.
        """
        checked_id(number, f"an {where}" if where == "image" else "a post")
        if self._settings.civitai_api_key is None or not self._settings.comments or self._comments_closed:
            return None

        async def question() -> CommentThread:
            return await self._answer(comments.PATH, comments.asking(where, number), Lane.LIVE, comments.read_thread)

        try:
            return await _remembered(self._threads, f"{where} {number}", question, Lane.LIVE)
        except (UpstreamRefused, NotFound, UpstreamDown) as error:
            if isinstance(error, UpstreamDown) and not comments.is_closed(error):
                raise
            self._comments_closed = True
            return None

    async def me(self) -> wire.Me | None:
        """Read whose API key is set; `None` without a key, or where Civitai does not accept it."""
        if self._settings.civitai_api_key is None:
            return None

        async def question() -> wire.Me:
            return await self._ask("/api/v1/me", Lane.LIVE, wire.read_me)

        try:
            return await _remembered(self._me, "me", question, Lane.LIVE)
        except UpstreamRefused as error:
            if error.status != 401:
                raise
            return None

    def _looked_up(self, reading: Reading) -> Reading:
        if not reading.media:
            return replace(reading, is_complete=False, notes=(_NONE_FOUND,))
        self._ids.prove()
        return reading

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
        if known is None:
            return await self._readings.ask(key, question)
        return replace(known, from_memory=True, requests=0, retries=0)

    async def _whole_post(self, post_id: int, *, with_meta: bool, lane: Lane) -> Reading:
        async with self._request(lane) as question:
            return whole(await walk(self._pages(queries.of_post(post_id, with_meta=with_meta), question)), question)

    async def _one_page(self, query: ListQuery, lane: Lane) -> Reading:
        async with self._request(lane) as question:
            return whole(Walked((await self._pages(query, question)(None),)), question)

    def _pages(self, query: ListQuery, question: RetriedRequest) -> Fetch:
        """Give the way to fetch any page of a list."""
        most_bytes = (32 if query.with_meta else 8) * MIB

        async def fetch(cursor: str | None) -> ListPage:
            async def send() -> ListPage:
                answer = await self._exchange.get("/api/v1/images", query.page(cursor), most_bytes=most_bytes)
                return ListPage(
                    await apart(lambda: _listed(answer, query), answer.size), answer.as_of, answer.fetched_at
                )

            return await question.attempt(send)

        return fetch

    async def _ask(self, path: str, lane: Lane, read: Callable[[object], T]) -> T:
        return await self._answer(path, {}, lane, lambda answer: read(answer.body))

    async def _answer(self, path: str, query: Mapping[str, str], lane: Lane, read: Callable[[JsonAnswer], T]) -> T:
        async def send() -> T:
            answer: JsonAnswer = await self._exchange.get(path, query, most_bytes=8 * MIB)
            return await apart(lambda: read(answer), answer.size)

        async with self._request(lane) as question:
            return await question.attempt(send)

    def _request(self, lane: Lane) -> AbstractAsyncContextManager[RetriedRequest]:
        return retried(self._clock, self._budget, lane, self._settings.live_patience)


async def _remembered(memory: Memory[T], key: int | str, question: Ask[T], lane: Lane) -> T:
    if lane is Lane.BULK:
        return await question()
    known = memory.recall(key)
    return await memory.ask(key, question) if known is None else known


def _listed(answer: JsonAnswer, query: ListQuery) -> Listing:
    listing = wire.read_listing(answer.body, with_meta=query.with_meta, most=query.limit)
    return query.check(listing)


def _checked_ids(ids: Iterable[int]) -> frozenset[int]:
    asked = frozenset(checked_id(number, "an image") for number in ids)
    if not 1 <= len(asked) <= queries.MOST_IDS:
        raise BadInput(f"{len(asked)} images cannot be looked up at once: pass 1 to {queries.MOST_IDS} ids.")
    return asked


def _same_post(body: object, post_id: int) -> PostDetails:
    post = wire.read_post(body)
    if post.id != post_id:
        raise UpstreamUnbelievable(f"Civitai answered with another post than {post_id}.")
    return post
