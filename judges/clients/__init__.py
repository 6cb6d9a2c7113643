"""Other people's MCP clients, each asking the server the same few things over each transport it has."""
