"""The interactive view in a headless Chromium, inside a page that talks to it as a host of MCP Apps does."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
SIZE = (760, 580)
PATIENCE = 60  # seconds
OPTIONS = (
    "--headless",
    "--no-sandbox",  # root may not have it; the page is ours
    "--disable-gpu",
    "--disable-background-networking",
    "--hide-scrollbars",
    "--virtual-time-budget=4000",
    "--disable-features=IsolateSandboxedIframes",  # virtual time does not wait for another process
)
HOST = Template("""\
<!doctype html>
<meta charset="utf-8">
<style>
html, body { margin: 0; height: 100%; background: $ground; }
iframe { border: 0; width: 100%; height: 100%; }
</style>
<iframe id="view" $sandbox></iframe>
<pre id="told" hidden></pre>
<script>
const view = document.getElementById("view"), told = { heard: [] };
const probe = (inside) => { $probe };
const answers = {
  "ui/initialize": ({ id }) => ({ id, result: {
    protocolVersion: "2026-01-26", hostInfo: { name: "host", version: "1" }, hostCapabilities: {},
    hostContext: { theme: "$theme" },
  } }),
  "ui/notifications/initialized": () => ({ method: "ui/notifications/tool-result", params: $result }),
};
addEventListener("message", ({ source, data }) => {
  if (source !== view.contentWindow) return;
  told.heard.push(data);
  const answer = answers[data.method]?.(data);
  if (answer) source.postMessage({ jsonrpc: "2.0", ...answer }, "*");
  if (data.method === "ui/notifications/size-changed") told.found = probe(view.contentDocument);
  document.getElementById("told").textContent = JSON.stringify(told);
});
view.srcdoc = $html;
</script>
""")


def chromium() -> str | None:
    """Find a Chromium; None where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def view() -> str:
    return files("civitai_engagement.server").joinpath("chart_view.html").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Hosted:
    """A host that shows the view one result of the tool.

    >>> Hosted(result, theme="dark").screenshot(Path("dark.png"))
    >>> Hosted(result, probe="return inside.getElementById('summary').textContent").told()["found"]
    """

    result: Mapping[str, Any]
    theme: str = "light"
    probe: str = "return null;"
    is_apart: bool = False  # in a sandbox, as hosts do: then no probe can look inside

    def told(self) -> dict[str, Any]:
        """Give what the view said (`heard`) and what the probe, a JavaScript function's body, found in it."""
        page = self._run("--dump-dom")
        text = page.partition('<pre id="told" hidden="">')[2].partition("</pre>")[0]
        told: dict[str, Any] = json.loads(unescape(text))
        return told

    def screenshot(self, path: Path) -> None:
        self._run(f"--screenshot={path}", f"--window-size={SIZE[0]},{SIZE[1]}")

    def page(self) -> str:
        return HOST.substitute(
            ground="#1b1c1f" if self.theme == "dark" else "#ffffff",
            sandbox='sandbox="allow-scripts"' if self.is_apart else "",
            probe=self.probe,
            theme=self.theme,
            result=_literal(self.result),
            html=_literal(view()),
        )

    def _run(self, *options: str) -> str:
        with tempfile.TemporaryDirectory() as folder:
            page = Path(folder, "host.html")
            page.write_text(self.page(), encoding="utf-8")
            command = [chromium() or NAMES[0], *OPTIONS, f"--user-data-dir={folder}/profile", *options, page.as_uri()]
            done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)  # noqa: S603 # our own page
        return done.stdout


def _literal(value: object) -> str:
    """Write a value as JavaScript that may stand inside a script element."""
    return json.dumps(value).replace("<", "\\u003c")
