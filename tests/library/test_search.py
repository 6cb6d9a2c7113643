"""Finding and listing all that is recorded: by person, by type, by words, by several criteria at once."""

from typing import TYPE_CHECKING, Any

import asyncpg

from civitai_engagement.store.assets import finding
from civitai_engagement.store.posts import CONDITIONS as OF_POSTS
from civitai_engagement.store.queries import load

if TYPE_CHECKING:
    from tests.house import House

FIND, LIST = "find_asset", "list_civitai_posts"


async def library(house: "House") -> None:
    """Post 77: two images of Ana, for Alice. Post 78: a video of Bo. Post 79: a pending one without media."""
    items = house.post(2, title="Lighthouses at dusk")
    house.world.change(items[0].id, meta={"prompt": "a red door, Meer und Möwen"})
    house.world.add_post(post_id=78, username="Bo", items=[{"id": 900, "postId": 78, "type": "video", "stats": {},
        "url": "https://image.civitai.com/a/b/original=true/v.mp4", "createdAt": "2026-05-01T00:00:00Z"}])  # fmt: skip
    await house.good("record_civitai_post", posts=[77, 78])
    await house.good("update_civitai_post", post_id=77, on_behalf_of="Alice")
    await house.good("create_civitai_post", civitai_id=79, status="pending", title="Harbors", on_behalf_of="ALICE")
    video = (await house.good(FIND, post_id=78))["asset_id"]
    prompt = await house.good("create_prompt", prompt_text="describe the quiet sea")
    await house.good("update_asset", asset_id=video, output_prompt_id=prompt["id"], on_behalf_of="Bob")


LISTS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "everything": ({}, ["79", "78", "77"]),
    "a person in another case": ({"on_behalf_of": " aLiCe "}, ["79", "77"]),
    "a creator in another case": ({"created_by": "@ANA"}, ["77"]),
    "who recorded, in another case": ({"created_by": "keeper"}, ["79", "78", "77"]),
    "with videos": ({"asset_type": "video"}, ["78"]),
    "with images of a person": ({"asset_type": "image", "on_behalf_of": "alice"}, ["77"]),
    "a word of a title": ({"text": "LIGHTHOUSES"}, ["77"]),
    "a word of a title without media": ({"text": "harbors"}, ["79"]),
    "a word of a generation prompt": ({"text": "möwen"}, ["77"]),
    "a word of an output prompt": ({"text": "quiet"}, ["78"]),
    "a phrase": ({"text": '"red door"'}, ["77"]),
    "words out of order are no phrase": ({"text": '"door red"'}, []),
    "all words count": ({"text": "red harbors"}, []),
    "one word or another": ({"text": "harbors or quiet"}, ["79", "78"]),
    "nothing but signs": ({"text": "%_'\\"}, []),
    "a person and a word": ({"on_behalf_of": "alice", "text": "harbors", "status": "pending"}, ["79"]),
    "null and nothing are not given": (
        {"text": "", "status": "", "asset_type": None, "limit": None},
        ["79", "78", "77"],
    ),
}


async def test_a_list_is_what_all_its_filters_hold_for(house: "House") -> None:
    await library(house)
    for name, (arguments, expected) in LISTS.items():
        told = await house.good(LIST, **arguments)
        assert sorted(one["post_id"] for one in told["posts"]) == sorted(expected), name
        assert (told["count"], told["total"]) == (len(expected), len(expected)), name


async def test_no_match_is_not_said_to_be_an_empty_library(house: "House") -> None:
    await library(house)
    for arguments in ({"text": "zebra"}, {"on_behalf_of": "nobody"}, {"asset_type": "audio"}):
        assert (await house.good(LIST, **arguments))["summary"].startswith("No recorded post matches.")


async def test_several_criteria_must_all_hold(house: "House") -> None:
    await library(house)
    first, second = house.ids()
    both = await house.good(FIND, post_id=77, civitai_id=second)
    assert (both["civitai_id"], both["matches"]) == (second, 1)
    own = (await house.good(FIND, civitai_id=first))["asset_id"]
    contradicting = await house.good(FIND, asset_id=own, civitai_id=second)
    assert contradicting["found"] is False
    assert contradicting["message"] == contradicting["summary"]


async def test_more_than_one_match_is_said_with_the_others(house: "House") -> None:
    await library(house)
    told = await house.good(FIND, post_id=77)
    assert (told["matches"], len(told["more_asset_ids"])) == (2, 1)
    assert int(told["asset_id"]) < int(told["more_asset_ids"][0])
    assert "2 assets match; this is the one with the lowest id" in told["notes"][-1]


FINDS: dict[str, tuple[dict[str, Any], str]] = {
    "a word of its prompt": ({"text": "door"}, "image"),
    "a word of its post": ({"text": "dusk", "asset_type": "image"}, "image"),
    "a word of what was made from it": ({"text": "describe sea"}, "video"),
    "a person in another case": ({"on_behalf_of": "BOB"}, "video"),
    "a type": ({"asset_type": "video"}, "video"),
    "its file": ({"civitai_url": "https://image.civitai.com/a/b/original=true/v.mp4"}, "video"),
    "its file with more behind": ({"civitai_url": "https://image.civitai.com/a/b/original=true/v.mp4/?x=1#y"}, "video"),
    "its page with more behind": ({"civitai_url": "https://civitai.com/images/900/?postId=78"}, "video"),
    "its post's page": ({"civitai_url": "https://civitai.com/posts/78/"}, "video"),
    "its id as a number": ({"civitai_id": 900}, "video"),
    "blanks beside an id": ({"civitai_id": "900", "sha256sum": " ", "asset_id": "", "post_id": None}, "video"),
}


async def test_an_asset_is_found_by_whatever_is_known_of_it(house: "House") -> None:
    await library(house)
    for name, (arguments, kind) in FINDS.items():
        told = await house.good(FIND, **arguments)
        assert (told["found"], told.get("asset_type")) == (True, kind), name


async def test_a_file_recorded_with_a_query_is_found_by_it(house: "House") -> None:
    item = house.post(1)[0]
    url = f"{house.url}/media/{item.file_name}?width=450"
    made = await house.good("create_asset", asset_url=url, asset_type="image", asset_source="upload")
    assert (await house.good(FIND, civitai_url=url))["asset_id"] == made["id"]
    assert (await house.good(FIND, sha256sum=f"sha256:{made['sha256sum'].upper()}"))["asset_id"] == made["id"]


async def test_a_search_of_every_word_there_is_ends(house: "House") -> None:
    await library(house)
    told = await house.call(LIST, text=" or ".join("ab" for _ in range(80)))
    assert not told.is_error
    assert (await house.call(LIST, text="x" * 501)).is_error


FILL = """
insert into posts (post_id, civitai_url, status, title, created_by, recorded_at, updated_at)
    select n, 'u', 'published', 'harbor ' || md5(n::text), 'k', now(), now() from generate_series(1, 1000) as n;
insert into prompts (content, created_by, recorded_at, updated_at)
    select 'sea ' || md5(n::text), 'k', now(), now() from generate_series(1, 10000) as n;
insert into images (id, url, type, first_seen_at)
    select n, 'u', 'image', now() from generate_series(1, 10000) as n;
insert into generation_parameters (image_id, prompt)
    select n, 'sea ' || md5((-n)::text) from generate_series(1, 10000) as n;
insert into assets (asset_type, asset_source, asset_url, image_id, post_id, input_prompt_id, created_by, recorded_at,
    updated_at)
    select 'image', 'generated', 'https://x/' || n, n, 1 + n % 1000, n, 'k', now(), now()
    from generate_series(1, 10000) as n;
"""
WORDS = {"of a title": "7", "of a prompt": "5000", "of a generation prompt": "-5000"}


async def test_what_is_mentioned_is_looked_up_once_unless_more_is_asked(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)

    async def lookups(*names: str, **values: str) -> int:
        search = finding(*names)
        await connection.execute(f"prepare search as {search.sql}")
        spelled = [
            (values | {"text": "'sea'", "now": "now()", "limit": "1", "others": "20"})[name]
            for name in search.parameters
        ]
        plan = await connection.fetch(f"explain (costs off) execute search({', '.join(spelled)})")
        await connection.execute("deallocate search")
        return sum(" on assets " in row[0] for row in plan)

    assert await lookups("text") == 1
    assert await lookups("text", "asset_type", asset_type="'image'") == 2
    await connection.close()


async def test_words_are_looked_up_in_the_indexes(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute(FILL)
    await connection.execute("vacuum analyze")
    statements = [finding("text"), load("posts")["page"].where(OF_POSTS["text"])]
    search = await connection.fetchrow("select prosrc, proconfig from pg_proc where proname = 'mentioning'")
    assert search is not None
    now = await connection.fetchval("select now()")
    words = [await connection.fetchval("select md5($1)", seed) for seed in WORDS.values()]
    for word in (*words, "sea"):
        values: dict[str, Any] = {"text": word, "now": now, "limit": 21, "offset": 0, "most": 20, "others": 20}
        for statement in statements:
            assert await connection.fetch(statement.sql, *(values[name] for name in statement.parameters))
    for setting in search["proconfig"]:
        await connection.execute(f"set {setting}")
    await connection.execute(f"prepare search(text) as {search['prosrc'].replace('wanted', '$1')}")
    for word in (*words, "sea"):
        rows = await connection.fetch(f"explain (costs off) execute search('{word}')")
        plan = "\n".join(row[0] for row in rows)
        for index in ("prompts_text", "posts_text", "generation_parameters_text"):
            assert f"Bitmap Index Scan on {index}" in plan
        assert "Index Only Scan using assets_image_id" in plan
        for table in ("prompts", "generation_parameters"):
            assert f"Seq Scan on {table} " not in plan
    await connection.close()
