"""The tools as clients are told of them: recorded beside each, so that none is loaded before it is called."""

from functools import cache
from typing import Any

from mcp.server.mcpserver.context import Context
from mcp.server.mcpserver.tools import Tool
from mcp.server.mcpserver.utilities.func_metadata import ArgModelBase, FuncMetadata
from mcp.types import ToolAnnotations

from civitai_engagement.server.tool import load
from civitai_engagement.server.toolsets import EVERY, described, recorded
from civitai_engagement.setting_values import Toolset


class ListedTool(Tool):
    """A tool as it was recorded; its first call loads the one that answers.

    >>> [tool.name for tool in catalogue()][:2]
    ['audit_library', 'calculate_sha256']
    """

    async def run(self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool = False) -> Any:  # noqa: FBT001, FBT002 # the SDK's signature
        return await load(self.name).run(arguments, context, convert_result)


@cache
def catalogue(on: frozenset[Toolset] = EVERY) -> tuple[Tool, ...]:
    """Give every tool as it was recorded, in words that name none of the sets which are off."""
    return tuple(_listed(described(told, on)) for told in recorded())


def _listed(told: dict[str, Any]) -> Tool:
    return ListedTool(
        fn=load,
        name=told["name"],
        title=told["title"],
        description=told["description"],
        parameters=told["inputSchema"],
        fn_metadata=FuncMetadata(arg_model=ArgModelBase, output_schema=told["outputSchema"]),
        is_async=True,
        annotations=ToolAnnotations.model_validate(told["annotations"]),
        meta=told.get("_meta"),
    )
