"""AIRs, Civitai's names for a version of a model, as in urn:air:sdxl:lora:civitai:5@12; and its addresses."""

import re
from urllib.parse import unquote

from civitai_engagement.civitai.metadata.kinds import kind_name
from civitai_engagement.civitai.metadata.scalars import INT4, whole

_KIND = r"(?:urn:)?(?:air:)?(?:[\w/-]+:)?(?:([\w/-]+):)?"
# Behind the version may come a file's id, a layer, a format; and, where somebody copied an address, its query.
_CIVITAI = re.compile(_KIND + r"civitai:[0-9]+@([0-9]{1,10})(?:[+:.?#/&].*)?", re.IGNORECASE)
_OTHER = re.compile(r"(?:urn:)?air:[\w/-]+:([\w/-]+):[\w./-]+:.+", re.IGNORECASE)
_ADDRESS = re.compile(
    r"(?:https?://)?(?:www\.)?civitai\.(?:com|red|green)/"
    r"(?:models/[0-9]+[^\s?]*\?(?:[^\s#]*&)?modelVersionId=|api/(?:v1/model-versions|download/models)/)([0-9]{1,10})\b.*",
    re.IGNORECASE,
)
_MAY_BE = re.compile(r"[:/%]")
_AROUND = "<>\"'` "

_version_id = whole(1, INT4)


def read_air(said: str) -> tuple[str | None, int | None] | None:
    """Give the kind and the version that an AIR or an address names; None where a text is neither.

    >>> read_air("urn:air:sdxl:lora:civitai:5@12.safetensors"), read_air("lora.safetensors")
    (('lora', 12), None)
    """
    if not _MAY_BE.search(said):
        return None
    text = unquote(said).strip(_AROUND) if "%" in said else said.strip(_AROUND)
    if found := _CIVITAI.fullmatch(text):
        return kind_name(found[1]), _version_id(found[2])
    if found := _ADDRESS.fullmatch(text):
        return None, _version_id(found[1])
    return (kind_name(found[1]), None) if (found := _OTHER.fullmatch(text)) else None
