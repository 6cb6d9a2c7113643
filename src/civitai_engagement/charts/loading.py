"""The one loader of what draws."""

from typing import Any

from civitai_engagement.errors import BadSetup
from civitai_engagement.extras import how_to_add


def load_plotting() -> Any:
    """Give the module `plotting`, loaded when the first picture is drawn.

    Raises:
        BadSetup: matplotlib is not installed.
    """
    try:
        # By its whole name: asked of the package, it would be found though its library is gone.
        import civitai_engagement.charts.plotting as drawing
    except ImportError as error:
        hint = f"Install it: {how_to_add('charts')}"
        raise BadSetup("Drawing charts needs matplotlib.", hint=hint) from error
    return drawing
