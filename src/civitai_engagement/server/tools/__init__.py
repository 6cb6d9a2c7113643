"""One file a tool; a tool is found by being here, and no tool knows another."""
