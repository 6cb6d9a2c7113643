"""The MCP server: tools, prompts and resources over what the runtime owns."""
