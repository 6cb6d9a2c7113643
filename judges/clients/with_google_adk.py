import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from unittest.mock import MagicMock

from google.adk.tools.mcp_tool import mcp_session_manager as over
from google.adk.tools.mcp_tool.mcp_toolset import McpToolset
from mcp import StdioServerParameters

from judges.clients.conversation import Target, Told, main


class Adk:
    def __init__(self, tools: list[Any]) -> None:
        self._tools = {tool.name: tool for tool in tools}

    async def tools(self) -> list[str]:
        return list(self._tools)

    async def call(self, tool: str, arguments: dict[str, object]) -> Told:
        asked = MagicMock()  # a conversation with a model, which is not there
        asked.tool_confirmation = None
        asked.function_call_id = "1"
        given = await self._tools[tool].run_async(args=arguments, tool_context=asked)
        parts = given.get("content", [])
        pictures = sum(one.get("type") == "image" for one in parts)
        text = " ".join(one.get("text", "") for one in parts) or json.dumps(given, default=str)
        return Told(text, bool(given.get("isError") or given.get("is_error") or "error" in given), pictures)


@asynccontextmanager
async def connect(target: Target) -> AsyncIterator[Adk]:
    params: Any
    if target.command:
        command, *arguments = target.command
        server = StdioServerParameters(command=command, args=arguments, env=target.environment)
        params = over.StdioConnectionParams(server_params=server, timeout=60)
    elif target.transport == "http":
        params = over.StreamableHTTPConnectionParams(url=target.url)
    else:
        params = over.SseConnectionParams(url=target.url)
    toolset = McpToolset(connection_params=params)
    try:
        yield Adk(await toolset.get_tools())
    finally:
        await toolset.close()


if __name__ == "__main__":
    main(connect)
