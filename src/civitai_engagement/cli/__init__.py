"""The command line: the one place that composes everything."""

from civitai_engagement.speed import loading

with loading():
    from civitai_engagement.cli.commands import main

__all__ = ["main"]
