from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from langchain_core.tools import ToolException
from langchain_mcp_adapters.client import MultiServerMCPClient
from langchain_mcp_adapters.tools import load_mcp_tools

from judges.clients.conversation import Target, Told, main


class Lang:
    def __init__(self, tools: list[Any]) -> None:
        self._tools = {tool.name: tool for tool in tools}

    async def tools(self) -> list[str]:
        return list(self._tools)

    async def call(self, tool: str, arguments: dict[str, object]) -> Told:
        asked = {"type": "tool_call", "id": "1", "name": tool, "args": arguments}
        try:
            message = await self._tools[tool].ainvoke(asked)
        except ToolException as error:
            return Told(str(error), is_error=True)
        parts = message.content if isinstance(message.content, list) else [{"type": "text", "text": message.content}]
        text = " ".join(one["text"] for one in parts if one["type"] == "text")
        return Told(text, message.status == "error", sum(one["type"].startswith("image") for one in parts))


@asynccontextmanager
async def connect(target: Target) -> AsyncIterator[Lang]:
    over: Any = {"transport": "streamable_http" if target.transport == "http" else "sse", "url": target.url}
    if target.command:
        command, *arguments = target.command
        over = {"transport": "stdio", "command": command, "args": arguments, "env": target.environment}
    async with MultiServerMCPClient({"ours": over}).session("ours") as session:
        yield Lang(await load_mcp_tools(session))


if __name__ == "__main__":
    main(connect)
