from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from mcp_use import MCPClient

from judges.clients.conversation import Target, Told, main


class Use:
    def __init__(self, session: Any) -> None:
        self._session = session

    async def tools(self) -> list[str]:
        return [tool.name for tool in await self._session.list_tools()]

    async def call(self, tool: str, arguments: dict[str, object]) -> Told:
        result = await self._session.call_tool(tool, arguments)
        texts = [one.text for one in result.content if one.type == "text"]
        return Told(" ".join(texts), bool(result.isError), sum(one.type == "image" for one in result.content))


@asynccontextmanager
async def connect(target: Target) -> AsyncIterator[Use]:
    over: dict[str, Any] = {"url": target.url}
    if target.transport == "sse":
        over["transport"] = "sse"
    if target.command:
        command, *arguments = target.command
        over = {"command": command, "args": arguments, "env": target.environment}
    client = MCPClient({"mcpServers": {"ours": over}})
    try:
        yield Use(await client.create_session("ours"))
    finally:
        await client.close_all_sessions()


if __name__ == "__main__":
    main(connect)
