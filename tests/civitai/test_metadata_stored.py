"""Metadata of many programs, through a recording into the database, where each thing used is one row."""

from typing import TYPE_CHECKING, Any

from civitai_engagement.sandbox import Item

if TYPE_CHECKING:
    from tests.house import House

HASH = "aadddd3d75"
METAS: list[tuple[dict[str, Any], int]] = [
    ({"resources": [{"type": "lora", "name": "undefined", "weight": 1}], "steps": 4}, 0),
    ({"resources": [{"type": "lora", "name": None, "weight": 1}], "prompt": "<lora:None:1>"}, 0),
    ({"VAE": "Automatic", "Refiner": "(none)", "vaes": ["Baked VAE"]}, 0),
    ({"model": "base", "vae": "v.pt", "hashes": {"model": HASH, "vae": "0b204ad0ca"}}, 2),
    ({"Model": "urn:air:sdxl:checkpoint:civitai:5@12?type=Model", "hashes": {"model": HASH}}, 1),
    ({"prompt": "<lora:urn:air:sdxl:lora:civitai:5@13:0.5>", "civitaiResources": [{"modelVersionId": 13}]}, 1),
    ({"prompt": "<lora:ink:1>", "loras": [["styles/ink.SAFETENSORS", 0.5, f"0x{HASH}"]]}, 1),
    ({"other": {"loras": "<ink.safetensors:1>,<None:0.5>"}, "Lora hashes": f"ink: {HASH}"}, 1),
    ({"hashes": {"embed:a": "e3b0c44298fc", "embed:b": "e3b0c44298fc"}}, 2),
    ({"hashes": '{"lora:ink\\u0000": "' + HASH + '"}'}, 1),
]


async def test_each_thing_an_image_used_is_one_row(house: "House") -> None:
    items = [Item(meta=meta, base_models=("Pony", "Illustrious")) for meta, _ in METAS]
    house.world.add_post(post_id=77, username="Ana", items=items)
    await house.good("record_civitai_post", posts=["77"])
    counted = "select count(r.position) from images i left join image_resources r on r.image_id = i.id"
    rows = await house.rows(f"{counted} group by i.id order by i.id")
    assert [count for (count,) in rows] == [expected for _, expected in METAS]
    assert await house.rows("select distinct base_model from images") == [("Pony + Illustrious",)]
