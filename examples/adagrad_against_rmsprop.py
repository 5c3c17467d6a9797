"""Draw the picture of the README: a sum of squares never forgets, a moving average does.

Run as ``python adagrad_against_rmsprop.py [FILE.svg]``.
"""

import sys
from pathlib import Path

import optproof as op
from optproof.analysis.study import adagrad_against_rmsprop
from optproof.reports.figures import draw_effective_rates


def picture() -> str:
    """The figure as an SVG document."""
    study = adagrad_against_rmsprop()
    return draw_effective_rates(study, {name: op.rule(name).title for name in study.rules}).svg


if __name__ == "__main__":
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "adagrad_against_rmsprop.svg")
    path.write_text(picture(), encoding="utf-8", newline="\n")
    print(f"written: {path}")
