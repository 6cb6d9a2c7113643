"""The server over stdio with its clock standing: `python docs/standing.py 2026-08-22T12:00:00Z` answers as of then."""

import asyncio
import sys

from civitai_engagement.cli.collecting import standing_clock
from civitai_engagement.cli.running import settings_from_environment
from civitai_engagement.runtime import Runtime
from civitai_engagement.server.stdio import serve_stdio

if __name__ == "__main__":
    clock = standing_clock(sys.argv[1])
    asyncio.run(serve_stdio(Runtime(settings_from_environment(), clock=clock, is_local=True)))
