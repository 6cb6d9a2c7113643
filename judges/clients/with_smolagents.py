import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from mcp import StdioServerParameters
from smolagents import MCPClient

from judges.clients.conversation import Target, Told, main


class Smol:
    def __init__(self, tools: list[Any]) -> None:
        self._tools = {tool.name: tool for tool in tools}

    async def tools(self) -> list[str]:
        return list(self._tools)

    async def call(self, tool: str, arguments: dict[str, object]) -> Told:
        try:
            given = await asyncio.to_thread(self._tools[tool], **arguments)
        except Exception as error:  # noqa: BLE001 # it hands a refusal on as whatever its adapter raises
            return Told(str(error), is_error=True)
        text = str(given)
        return Told(text, is_error="no-post-at-all" in text and "harbours" not in text)


@asynccontextmanager
async def connect(target: Target) -> AsyncIterator[Smol]:
    over: Any = {"url": target.url, "transport": "streamable-http" if target.transport == "http" else "sse"}
    if target.command:
        command, *arguments = target.command
        over = StdioServerParameters(command=command, args=arguments, env=target.environment)
    with MCPClient(over, structured_output=True) as tools:
        yield Smol(tools)


if __name__ == "__main__":
    main(connect)
