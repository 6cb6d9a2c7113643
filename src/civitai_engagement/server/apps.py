"""MCP Apps: pages that hosts which can render them show beside an answer; they draw what the answer holds."""

from importlib.resources import files

from mcp.server.apps import Apps, ResourceCsp

CHART = "ui://civitai-engagement/chart"


def views() -> Apps:
    """Offer each page; a tool names the one it wants in its `Card`. They load nothing and ask nobody."""
    apps = Apps()
    page = files(__package__).joinpath("chart_view.html").read_text(encoding="utf-8")
    apps.add_html_resource(
        CHART,
        page,
        name="chart",
        title="Engagement as lines to point at",
        csp=ResourceCsp(connect_domains=[], resource_domains=[]),
        prefers_border=True,
    )
    return apps
