"""How Civitai images, videos and posts are doing: live, over time, and why. An MCP server."""

__version__ = "0.1.0"
