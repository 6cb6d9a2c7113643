"""What a tool is here: a function in `tools/<its name>.py` and its `Card`; strict arguments, clear errors."""

import base64
import difflib
import functools
import importlib
import inspect
import logging
import pkgutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar, cast, get_args

from mcp.server.mcpserver.context import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult, ImageContent, TextContent, ToolAnnotations
from pydantic import BeforeValidator, Field, ValidationError
from pydantic.fields import FieldInfo

from civitai_engagement.answers.answer import Answer
from civitai_engagement.errors import Refused, Retryable
from civitai_engagement.runtime import Runtime
from civitai_engagement.server import tools
from civitai_engagement.server.given import meant, unspeakable
from civitai_engagement.server.toolsets import advised
from civitai_engagement.setting_values import Toolset

log = logging.getLogger(__name__)
Ctx = Context[Runtime]
Call = TypeVar("Call", bound=Callable[..., Awaitable[Answer]])


@dataclass(frozen=True, slots=True)
class Card:
    """What a client is told of a tool besides its parameters: a title, the four hints of the protocol, and the page
    (`apps.py`) that shows its answer, if there is one; and the set it belongs to, by which it is listed. A tool is
    brief that reports no progress: unless its card says, one that asks nobody but the database.
    """

    title: str
    is_read_only: bool = True
    is_destructive: bool = False
    is_idempotent: bool = True
    asks_civitai: bool = True
    may_be_brief: bool = False
    toolset: Toolset = Toolset.CREATOR
    view: str | None = None

    @property
    def is_brief(self) -> bool:
        return self.may_be_brief or not self.asks_civitai

    def annotations(self) -> ToolAnnotations:
        """Give the hints; of what only reads, the protocol gives two of them no meaning."""
        if self.is_read_only:
            return ToolAnnotations(read_only_hint=True, open_world_hint=self.asks_civitai)
        return ToolAnnotations(
            read_only_hint=False,
            destructive_hint=self.is_destructive,
            idempotent_hint=self.is_idempotent,
            open_world_hint=self.asks_civitai,
        )

    def meta(self) -> dict[str, Any] | None:
        return {"ui": {"resourceUri": self.view}} if self.view else None


def _as_text(value: object) -> object:
    return str(value) if type(value) is int else value


class Wordless:
    """Marks a parameter for which the texts "null" and "none" are no value: an id, a date, an address."""


Name = Annotated[str, BeforeValidator(_as_text)]
Names = list[Name]
Id = Annotated[Name, Wordless()]
Ids = Annotated[Names, Wordless()]
When = Annotated[str, Wordless()]


class StrictTool(Tool):
    """A tool that takes null for "not given", names the parameter an unknown argument may have meant, and says
    in plain words what is wrong with a value."""

    toolset: Toolset = Toolset.CREATOR
    is_brief: bool = False
    wordless: frozenset[str] = frozenset()

    async def run(self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool = False) -> Any:  # noqa: FBT001, FBT002 # the SDK's signature
        given = meant(arguments, self.parameters, self.wordless)
        self._refuse_unknown(given)
        self._refuse_unspeakable(given)
        try:
            return await super().run(given, context, convert_result)
        except ToolError as error:
            if isinstance(error.__cause__, ValidationError):
                raise ToolError(f"{self.name}: {self._in_words(error.__cause__)}") from error
            raise error.__cause__ if isinstance(error.__cause__, ToolError) else error from None

    def _refuse_unspeakable(self, given: dict[str, Any]) -> None:
        for name, value in given.items():
            if held := unspeakable(value):
                raise ToolError(f"{self.name}: {name} holds {held}, which no text may. Pass it without.")

    def _refuse_unknown(self, given: dict[str, Any]) -> None:
        known = list(self.parameters.get("properties", {}))
        for name in given:
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                guess = f"did you mean {near[0]!r}? " if near else ""
                raise ToolError(f"{self.name} has no parameter {name!r}: {guess}It takes {', '.join(known) or 'none'}.")

    def _in_words(self, error: ValidationError) -> str:
        return " ".join(self._wrong(one["loc"], one["msg"]) for one in error.errors(include_url=False))

    def _wrong(self, where: tuple[int | str, ...], what: str) -> str:
        """Say where and what is wrong, and what the parameter takes."""
        wanted = self.parameters["properties"].get(where[0], {}).get("description", "")
        return f"{'.'.join(map(str, where))}: {what}. Pass: {wanted}"


def names() -> list[str]:
    """Name every tool: a module of `tools` holds a function of its own name and a `CARD`."""
    return sorted(module.name for module in pkgutil.iter_modules(tools.__path__))


@functools.cache
def load(name: str) -> StrictTool:
    """Make the tool of a name; what it stands on is imported now."""
    return _tool(importlib.import_module(f"{tools.__name__}.{name}"), name)


def _tool(module: Any, name: str) -> StrictTool:
    call, card = getattr(module, name), module.CARD
    tool = StrictTool.from_function(
        _answering(call),
        name=name,
        title=card.title,
        description=inspect.cleandoc(call.__doc__ or ""),
        annotations=card.annotations(),
        meta=card.meta(),
    )
    made = cast("StrictTool", tool)  # the SDK says Tool, and makes one of the class it is asked of
    made.toolset, made.is_brief = card.toolset, card.is_brief
    arguments = made.fn_metadata.arg_model
    made.wordless = frozenset(name for name, one in arguments.model_fields.items() if _is_wordless(one))
    arguments.model_config["extra"] = "forbid"
    arguments.model_rebuild(force=True)
    made.parameters = _plain(_slim(arguments.model_json_schema(by_alias=True)))
    made.fn_metadata.output_schema = _terse(_slim(made.fn_metadata.output_schema or {}))
    made.fn_metadata.output_model = None  # an answer was checked when it was made; the SDK would check it once more
    return made


def _is_wordless(field: FieldInfo) -> bool:
    """Tell whether a parameter is marked, as a whole or where null is its other choice."""
    inner = [mark for choice in get_args(field.annotation) for mark in getattr(choice, "__metadata__", ())]
    return any(isinstance(mark, Wordless) for mark in [*field.metadata, *inner])


def _slim(schema: Any) -> Any:
    """Drop the titles pydantic derives from names: they say nothing and cost tokens in every conversation."""
    if isinstance(schema, list):
        return [_slim(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: _slim(one) for name, one in value.items()} if key in {"properties", "$defs"} else _slim(value)
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str))
    }


def _plain(parameters: dict[str, Any]) -> dict[str, Any]:
    """Leave out "or null", which `StrictTool` takes anyway and some gateways refuse, and defaults that are empty.

    Only a choice that need not be made takes null in its schema, too: in OpenAI's strict mode a model must fill every
    parameter, and would have to make it.
    """
    needed = parameters.get("required", ())

    def plain(name: str, schema: dict[str, Any]) -> dict[str, Any]:
        match schema.get("anyOf"):
            case [dict(wanted), {"type": "null"}]:
                schema = wanted | {key: value for key, value in schema.items() if key != "anyOf"}
        if "enum" in schema and name not in needed:
            schema = schema | {"enum": [*schema["enum"], None], "type": [schema["type"], "null"]}
        return {key: value for key, value in schema.items() if key != "default" or value not in (None, "")}

    return parameters | {"properties": {name: plain(name, one) for name, one in parameters["properties"].items()}}


def _terse(answer: dict[str, Any]) -> dict[str, Any]:
    """Name the keys that an answer always has, but for those of every answer; docs/tools.md says the rest."""
    always = [name for name in answer.get("required", ()) if name not in Answer.model_fields]
    own = {name: answer["properties"][name] for name in always}
    return {"type": "object", "properties": {name: _kind(one) for name, one in own.items()}}


def _kind(schema: dict[str, Any]) -> dict[str, Any]:
    """Name the kind of a value, and that it may be null; not by a list of types, which some clients cannot read."""
    if "anyOf" in schema:
        return {"anyOf": [_kind(one) for one in schema["anyOf"]]}
    kind = "object" if "$ref" in schema else schema["type"]
    return {"type": kind} if isinstance(kind, str) else {"anyOf": [{"type": one} for one in kind]}


def _answering(call: Call) -> Callable[..., Awaitable[CallToolResult]]:
    """Give an answer as text and as structure, each complete alone, and errors the caller can act on in plain words."""

    @functools.wraps(call)
    async def answer(*arguments: Any, **named: Any) -> CallToolResult:
        try:
            given = await call(*arguments, **named)
        except (Retryable, Refused) as error:
            log.info("refused", extra={"tool": call.__name__, "reason": str(error)})
            listed = named["ctx"].request_context.lifespan_context.settings.listed
            raise ToolError(advised(_advice(error), listed)) from error
        return CallToolResult(
            content=[TextContent(type="text", text=given.as_text()), *map(_picture, given.pictures())],
            structured_content=given.model_dump(mode="json", exclude_unset=True),
        )

    signature = inspect.signature(call)
    returned = Annotated[CallToolResult, signature.return_annotation]
    answer.__signature__ = signature.replace(return_annotation=returned)  # type: ignore[attr-defined] # inspect reads it
    answer.__annotations__ = call.__annotations__ | {"return": returned}
    return answer


def _picture(png: bytes) -> ImageContent:
    return ImageContent(type="image", data=base64.b64encode(png).decode(), mime_type="image/png")


def _advice(error: Retryable | Refused) -> str:
    if isinstance(error, Refused) or "ry again" in error.hint:
        return str(error)
    return f"{error} Try again in {f'{error.retry_after:.0f} seconds' if error.retry_after else 'a minute'}."


POST = Field(description="A Civitai post: id, URL, or latest.")
WHOSE = Field(description="Whose latest; else yours.")
