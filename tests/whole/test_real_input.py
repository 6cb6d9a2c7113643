"""What the real Civitai once sent, put through sandbox, client, normalisation and store, and read back by SQL."""

import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from mcp.client import Client

from civitai_engagement.library.record import record_post
from civitai_engagement.runtime import Runtime
from civitai_engagement.sandbox import Sandbox, World
from civitai_engagement.server.app import build
from civitai_engagement.settings import Settings

Json = dict[str, Any]

SAMPLES = Path(__file__).resolve().parents[2] / ".." / "shared" / "civitai-samples"
MEDIA_A_POST = 150
FIRST_POST = 5_000_001
# Recorded images whose meta cannot be read back as it was, by id, with the reason. None is known.
KNOWN_REJECTS: Mapping[str, str] = {}

COLUMNS = {
    "prompt": "prompt",
    "negativePrompt": "negative_prompt",
    "Negative Prompt": "negative_prompt",
    "steps": "steps",
    "cfgScale": "cfg_scale",
    "CFG scale": "cfg_scale",
    "sampler": "sampler",
    "scheduler": "scheduler",
    "Schedule type": "scheduler",
    "seed": "seed",
    "clipSkip": "clip_skip",
    "Clip skip": "clip_skip",
    "denoise": "denoise",
    "Denoising strength": "denoise",
    "width": "width",
    "height": "height",
    "Size": "size",
    "Model": "model_name",
    "Model hash": "model_hash",
}
STORED_AS = {
    "url": "url",
    "type": "type",
    "hash": "hash",
    "width": "width",
    "height": "height",
    "nsfw": "nsfw",
    "nsfwLevel": "nsfw_level",
    "browsingLevel": "browsing_level",
    "postId": "post_id",
    "username": "username",
    "baseModel": "base_model",
    "modelVersionIds": "model_version_ids",
}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="no recording at hand"),
]


def read_json(name: str) -> Any:
    return json.loads((SAMPLES / name).read_text(encoding="utf-8"))


def complete_items() -> list[Json]:
    """The recorded items that have every field."""
    documented = read_json("rest-images-documented-items.json")["docs_example_2025"]["items"]
    return [read_json("rest-image-item-98780806.json"), *documented]


def site_metas() -> list[Json]:
    """What the site's own extractor read from five files."""
    metas: list[Json] = read_json("meta-objects-2023-2026.json")
    return metas


def recorded_images() -> Iterator[Json]:
    """The recorded images of the model endpoint, and the five metas the site's own extractor read."""
    with (SAMPLES / "model-images-2023-07.jsonl").open(encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            yield line["image"] | {"baseModel": line["baseModel"], "modelVersionId": line["modelVersionId"]}
    for sample in site_metas():
        yield {"id": sample["imageId"], "meta": sample["meta"]}


def completed(number: int, image: Json) -> Json:
    """Make a complete item, keys in Civitai's order, of a recorded image: what was not recorded is made up."""
    post_id = FIRST_POST + number // MEDIA_A_POST
    uploaded_at = datetime(2023, 7, 1, tzinfo=UTC) + timedelta(seconds=number)
    counts = {"cry": number % 3, "laugh": number % 5, "like": number % 97, "dislike": 0, "heart": number % 31}
    version = image.get("modelVersionId")
    return {
        "id": image["id"],
        "url": image.get("url", f"https://image.civitai.com/made-up/{image['id']}.jpeg"),
        "hash": image.get("hash"),
        "width": image.get("width"),
        "height": image.get("height"),
        "nsfwLevel": "None",
        "type": "image",
        "nsfw": False,
        "browsingLevel": 1,
        "createdAt": uploaded_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "postId": post_id,
        "stats": {f"{name}Count": count for name, count in counts.items()} | {"commentCount": number % 7},
        "meta": image["meta"],
        "username": f"creator_{post_id}",
        "baseModel": image.get("baseModel"),
        "modelVersionIds": [version] if version and number % 2 else [],
    }


def all_items() -> list[Json]:
    return [*(completed(number, image) for number, image in enumerate(recorded_images())), *complete_items()]


def world_of(items: Iterable[Json]) -> World:
    world = World.empty(now=datetime(2026, 8, 1, 12, tzinfo=UTC), live=True)
    for item in items:
        world.add_item(item)
    return world


@asynccontextmanager
async def opened(sandbox: Sandbox, database_url: str) -> AsyncIterator[Runtime]:
    settings = Settings(
        civitai_base_url=sandbox.url, database_url=database_url, requests_per_second=50, recorded_by="me"
    )
    async with Runtime(settings).opened(warm_up=False) as runtime:
        yield runtime


@dataclass(slots=True)
class Ledger:
    """What the database holds in the end, by image id."""

    images: dict[int, Json]
    made: dict[int, Json]
    used: dict[int, list[Json]] = field(default_factory=dict)
    rejects: dict[str, str] = field(default_factory=dict)
    suspects: int = 0

    @classmethod
    async def read(cls, url: str) -> "Ledger":
        connection = await asyncpg.connect(url)
        images = await connection.fetch("select * from images join image_tracking on image_id = id")
        made = await connection.fetch("select *, width || 'x' || height as size from generation_parameters")
        ledger = cls({row["id"]: dict(row) for row in images}, {row["image_id"]: dict(row) for row in made})
        for row in await connection.fetch("select * from image_resources"):
            ledger.used.setdefault(row["image_id"], []).append(dict(row))
        rejects = await connection.fetch("select subject, reason from rejects")
        ledger.rejects = {row["subject"]: row["reason"] for row in rejects}
        ledger.suspects = await connection.fetchval("select count(*) from suspects")
        await connection.close()
        return ledger


def losses(items: list[Json], lost: Callable[[Json], list[str]]) -> dict[int, list[str]]:
    """Give what each item lost by its id; those that lost nothing are left out."""
    return {item["id"]: names for item in items if (names := lost(item))}


def lost_fields(item: Json, stored: Json) -> list[str]:
    """Name what of an item is not in the store as it was sent."""
    counters = {name: stored[f"{name.removesuffix('Count')}_count"] == count for name, count in item["stats"].items()}
    created = {"createdAt": stored["created_at"] == datetime.fromisoformat(item["createdAt"])}
    fields = {name: stored[column] == item[name] for name, column in STORED_AS.items()}
    return [name for name, is_kept in (counters | created | fields).items() if not is_kept]


def lost_keys(meta: Json, made: Json) -> list[str]:
    """Name the keys of a meta that can be read back from nowhere."""
    additional = json.loads(made["additional_params"])
    return [key for key, said in storable(meta).items() if not is_kept(key, said, made, additional)]


def storable(value: Any) -> Any:
    """Take out what Postgres has no text for: NUL and lone surrogates."""
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [storable(item) for item in value]
    return re.sub("[\x00\ud800-\udfff]", "", value) if isinstance(value, str) else value


def is_kept(key: str, said: object, made: Json, additional: Json) -> bool:
    repeated = key in additional and additional[key] == (graph(said) if key == "comfy" else said)
    if key not in COLUMNS:
        return repeated
    column = made[COLUMNS[key]]
    is_read = column is not None or said in (None, "") or f"not readable: {json.dumps(key)}" in " ".join(made["notes"])
    return holds(column, said) or (repeated and is_read)


def graph(said: object) -> object:
    """Read a ComfyUI graph as the site does."""
    return json.loads(re.sub(r'"workflow": undefined\b', '"workflow": {}', said)) if isinstance(said, str) else said


def holds(column: object, said: object) -> bool:
    """Say whether a column alone tells what was said: texts as they were, numbers by value."""
    if isinstance(said, bool) or column is None or isinstance(column, str):
        return type(column) is type(said) and column == said
    try:
        return Decimal(str(said)) == Decimal(str(column))
    except InvalidOperation:
        return False


def unnamed_resources(item: Json, used: list[Json]) -> list[str]:
    """Name the model versions, hashes and names an item gives that no stored resource has."""
    told = (resource[column] for resource in used for column in ("version_id", "hash", "name"))
    known = {folded(one) for one in told if one is not None}
    meta = item["meta"] or {}
    listed = [*meta.get("civitaiResources", []), *meta.get("resources", []), *meta.get("additionalResources", [])]
    said = [
        *item["modelVersionIds"],
        *(entry.get(name) for entry in listed for name in ("modelVersionId", "hash", "name")),
    ]
    said += [*hash_values(meta), *meta.get("models", []), *meta.get("vaes", [])]
    return [str(one) for one in said if one is not None and folded(one) not in known]


def hash_values(meta: Json) -> list[object]:
    hashes = meta.get("hashes", {})
    return list(hashes.values()) if isinstance(hashes, dict) else list(hashes)


def folded(said: object) -> str:
    """Fold a name to the file it names: case and file extension do not tell files apart; an AIR is its version."""
    text = re.sub(r"\.(safetensors|ckpt|pt)$", "", str(said).strip().casefold())
    return text.rpartition("@")[2] if text.startswith("urn:air:") else text


def report(items: list[Json], ledger: Ledger) -> str:
    metas = [item["meta"] for item in items]
    columns = Counter(name for made in ledger.made.values() for name in made if made[name] is not None)
    filled = {name: columns[name] for name in sorted(set(COLUMNS.values()))}
    own = Counter(key for made in ledger.made.values() for key in json.loads(made["additional_params"]))
    notes = Counter(note.partition(":")[0] for made in ledger.made.values() for note in made["notes"])
    sources = Counter(resource["source"] for used in ledger.used.values() for resource in used)
    return f"""
        items {len(items)}, without meta {metas.count(None)}, keys of metas {sum(len(meta or {}) for meta in metas)}
        typed fields filled, of {len(ledger.made)} images: {filled}
        values under keys of their own {own.total()}, such keys {len(own)}: {dict(own.most_common(12))} ...
        resources {sources.total()} of {len(ledger.used)} images: {dict(sources)}
        notes: {dict(notes)}
        rejects: {ledger.rejects or "none"}"""


async def test_every_recorded_meta_is_read_back_with_the_parameters_it_had(database_url: str) -> None:
    items = all_items()
    posts = sorted({item["postId"] for item in items})
    async with Sandbox(world_of(items)) as sandbox, opened(sandbox, database_url) as runtime:
        done = [await record_post(runtime, post_id) for post_id in posts]
    ledger = await Ledger.read(database_url)
    print(report(items, ledger))  # noqa: T201 - the counts, shown with -s

    assert sum(len(one.reading.media) for one in done) == len(items) == len(ledger.images)
    assert ledger.rejects == KNOWN_REJECTS
    assert ledger.suspects == 0
    assert losses(items, lambda item: lost_fields(item, ledger.images[item["id"]])) == {}
    told = [item for item in items if item["meta"] is not None]
    assert losses(told, lambda item: lost_keys(item["meta"], ledger.made[item["id"]])) == {}
    assert losses(items, lambda item: unnamed_resources(item, ledger.used.get(item["id"], []))) == {}
    silent = {item["id"] for item in items if item["meta"] is None and not item["modelVersionIds"]}
    assert silent.isdisjoint(ledger.made)


async def test_the_recorded_complete_items_pass_unchanged(database_url: str) -> None:
    items = complete_items()
    async with Sandbox(world_of(items)) as sandbox, opened(sandbox, database_url) as runtime:
        async with httpx.AsyncClient(base_url=sandbox.url) as web:
            query = {"browsingLevel": "31", "withMeta": "true", "flatMeta": "true"}
            pages = [await web.get("/api/v1/images", params={"postId": item["postId"], **query}) for item in items]
        async with Client(build(runtime)) as client:
            asked = [("fetch_civitai_post_assets", {"post_id": str(item["postId"])}) for item in items]
            fetched = [await ask(client, *one) for one in asked]
            recorded = await ask(client, "record_civitai_post", {"posts": [str(item["postId"]) for item in items]})
            found = [await ask(client, "find_asset", {"civitai_id": str(item["id"])}) for item in items]

    assert [json.dumps(page.json()["items"]) for page in pages] == [json.dumps([item]) for item in items]
    assert [post["assets"][0]["engagement_stats"] for post in fetched] == [numbers_of(item) for item in items]
    assert (recorded["recorded"], recorded["failed"]) == (len(items), 0)
    assert [counted(asset["engagement"]) for asset in found] == [numbers_of(item) for item in items]
    assert [asset["metadata"]["seed"] for asset in found] == [str(item["meta"]["seed"]) for item in items]
    assert [asset["asset_url"] for asset in found] == [item["url"] for item in items]


async def test_each_image_of_a_post_recorded_by_its_url_is_found_with_its_parameters(database_url: str) -> None:
    items = [item for item in all_items() if item["id"] in {sample["imageId"] for sample in site_metas()}]
    async with (
        Sandbox(world_of(items)) as sandbox,
        opened(sandbox, database_url) as runtime,
        Client(build(runtime)) as client,
    ):
        post = f"{sandbox.url}/posts/{items[0]['postId']}"
        recorded = await ask(client, "record_civitai_post", {"posts": post})
        urls = [f"{sandbox.url}/images/{item['id']}" for item in items]
        found = [await ask(client, "find_asset", {"civitai_url": url}) for url in urls]

    assert [one["assets"] for one in recorded["results"]] == [len(items)] == [5]
    assert [counted(asset["engagement"]) for asset in found] == [numbers_of(item) for item in items]
    for name, key in {"seed": "seed", "steps": "steps", "cfg_scale": "cfgScale"}.items():
        assert [Decimal(asset["metadata"][name]) for asset in found] == [Decimal(item["meta"][key]) for item in items]


async def ask(client: Client, tool: str, arguments: Json) -> Json:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    answer: Json = result.structured_content or {}
    return answer


def numbers_of(item: Json) -> dict[str, int]:
    return {name: item["stats"][f"{name}Count"] for name in ("like", "heart", "laugh", "cry", "dislike", "comment")}


def counted(engagement: Json) -> Json:
    return {name: engagement[name] for name in ("like", "heart", "laugh", "cry", "dislike", "comment")}
