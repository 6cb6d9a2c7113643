"""A server of the bare SDK, whose tools return constants: `python -m benchmarks.bare [CONSTANTS.json] [--port N]`.

Each constant is an answer of ours as it went over the wire, declared as a careful author would declare it: the result
made by hand, the structured part checked against its model. Without constants there is one tool, `ping`. It runs on
what the SDK brings along: asyncio's own loop, threads for standard input and output, HTTP parsed in Python.
"""

import argparse
import importlib
import json
import sys
from pathlib import Path
from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.types import CallToolResult


def ping() -> str:
    """Answer."""
    return "pong"


def add_constant(server: MCPServer[Any], name: str, model: str, result: CallToolResult) -> None:
    module, _, class_name = model.partition(":")

    async def constant() -> CallToolResult:
        """Return a constant."""
        return result

    declared = Annotated[CallToolResult, getattr(importlib.import_module(module), class_name)]
    constant.__annotations__["return"] = declared
    server.add_tool(constant, name=name)


def build(constants: Path | None) -> MCPServer[Any]:
    server: MCPServer[Any] = MCPServer("bare", version="1", log_level="ERROR")
    if constants is None:
        server.add_tool(ping)
        return server
    for name, one in json.loads(constants.read_text()).items():
        add_constant(server, name, one["model"], CallToolResult.model_validate(one["result"]))
    return server


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("constants", nargs="?", type=Path)
    parser.add_argument("--port", type=int)
    given = parser.parse_args()
    sys.modules["httptools"] = None  # type: ignore[assignment] # the SDK alone brings none
    server = build(given.constants)
    if given.port is None:
        server.run()
    else:
        server.run("streamable-http", host="127.0.0.1", port=given.port, stateless_http=True)


if __name__ == "__main__":
    main()
