"""The pages in a real browser: `make browser`, or `pytest -m browser`."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_PROBE = """
<script>
addEventListener("load", () => {
  const root = document.documentElement, style = getComputedStyle(document.body);
  const wide = [...document.querySelectorAll("body *")].filter(e => {
    const box = e.getBoundingClientRect();
    return box.right > root.clientWidth + 1 && !e.closest(".scroll, pre, .skip, svg");
  }).map(e => e.outerHTML.slice(0, 120));
  const flat = [...document.querySelectorAll("math")]
    .filter(e => e.checkVisibility() && !e.getBoundingClientRect().height);
  parent.postMessage(JSON.stringify({
    width: innerWidth, room: root.clientWidth, scroll: root.scrollWidth, wide: wide.slice(0, 5), flat: flat.length,
    ink: style.color, paper: style.backgroundColor,
    line: getComputedStyle(document.querySelector("figure path[style*='figure-1']") || document.body).stroke,
  }), "*");
});
</script>
</head>"""


@pytest.fixture(scope="module")
def chromium() -> str:
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.fail("no Chromium is installed, which the browser tests drive; on Debian: apt-get install chromium")
    return found


def open_page(
    chromium: str, page: Path, folder: Path, width: int, *, dark: bool = False
) -> tuple[dict[str, object], str]:
    """Load a copy of the page with a probe; returns what it measured and what the console said."""
    # Headless windows are at least 500 wide, so a narrow page is shown in a frame of its own.
    probed = folder / "rules" / "probed.html"
    probed.parent.mkdir(parents=True, exist_ok=True)
    probed.write_text(page.read_text().replace("</head>", _PROBE, 1))
    frame = folder / "frame.html"
    frame.write_text(
        '<script>addEventListener("message", e => document.body.setAttribute("data-probe", e.data))</script>'
        f'<iframe src="rules/probed.html" style="width:{width}px;height:900px;border:0"></iframe>'
    )
    command = [
        chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--enable-logging=stderr",
        "--v=0", f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=8000", "--window-size=1400,1000",
        f"--blink-settings=preferredColorScheme={0 if dark else 1}", "--dump-dom", frame.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    match = re.search(r'data-probe="([^"]*)"', done.stdout)
    assert match, f"the page was not measured: {done.stderr[-2000:]}"
    said = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return json.loads(html.unescape(match.group(1))), "\n".join(said)


@pytest.mark.parametrize(
    "name", ["index.html", "theorems.html", "rules/adam.html", "rules/adagrad.html", "comparisons/adagrad--adam.html"]
)
@pytest.mark.parametrize("width", [360, 1200])
@pytest.mark.parametrize("dark", [False, True])
def test_a_page_fits_and_is_readable(
    chromium: str, site: Path, tmp_path: Path, name: str, width: int, dark: bool
) -> None:
    found, console = open_page(chromium, site / name, tmp_path, width, dark=dark)
    assert console == ""
    assert found["width"] == width
    assert found["wide"] == []
    assert found["scroll"] == found["room"], "the page scrolls sideways"
    assert found["flat"] == 0, "a formula has no height"
    assert contrast(str(found["ink"]), str(found["paper"])) > 7
    if name.startswith("rules/"):
        assert contrast(str(found["line"]), str(found["paper"])) > 3
    assert (luminance(str(found["paper"])) < 0.2) is dark


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        ("", lambda row: True),
        ("rule=adam&verdict=REFUTED", lambda row: row["rule"] == "adam" and row["verdict"] == "REFUTED"),
        ("words=STEP-bound", lambda row: "step-bound" in row["name"]),
        ("words=no+such+words", lambda row: False),
        ("folklore=1", lambda row: row["folklore"]),
    ],
)
def test_the_theorems_are_filtered(chromium: str, site: Path, tmp_path: Path, wanted: str, fits: Any) -> None:
    """The page opens with the filter that its address holds, and shows the rows that fit, and only they."""
    command = [
        chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
        f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=4000", "--dump-dom",
        f"{(site / 'theorems.html').as_uri()}#{wanted}",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    rows = re.findall(
        r"<tr([^>]*)><td>(.*?)</td><td><a[^>]*>(.*?)</a>.*?</td><td>.*?</td><td[^>]*>(\w+)</td></tr>", done.stdout
    )
    assert len(rows) > 100
    named = [
        {"rule": r, "name": n, "verdict": v, "folklore": "said" in a, "shown": "hidden" not in a} for a, r, n, v in rows
    ]
    found = {(row["rule"], row["name"]) for row in named if row["shown"]}
    assert {(row["rule"], row["name"]) for row in named if fits(row)} <= found
    if "words" not in wanted:
        assert all(fits(row) for row in named if row["shown"])
    assert f"{len(found)} of {len(rows)}" in done.stdout
    assert wanted != "words=no+such+words" or not found


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    channels = [int(c) / 255 for c in re.findall(r"\d+", colour)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio as WCAG 2 defines it."""
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def test_the_browser_is_there_where_it_is_required() -> None:
    if os.environ.get("OPTPROOF_BROWSER") == "required":
        assert any(map(shutil.which, _NAMES)), "OPTPROOF_BROWSER=required, but no Chromium is installed"
