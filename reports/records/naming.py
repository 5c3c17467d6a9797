"""Names as file names and as places in a page."""

from __future__ import annotations

import re

__all__ = ["anchor", "slug"]


def slug(name: str) -> str:
    """A rule's name as a file name.

    Examples
    --------
    >>> slug("rmsprop[centered,momentum]")
    'rmsprop-centered-momentum'
    """
    return re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-").lower() or "rule"


def anchor(text: str, kind: str = "theorem") -> str:
    """A name as an anchor; `kind` keeps theorems, figures and headings of one name apart.

    Examples
    --------
    >>> anchor("closed-form-G"), anchor("First step", "subject")
    ('theorem-closed-form-G', 'subject-First-step')
    """
    return f"{kind}-{re.sub(r'[^A-Za-z0-9_]+', '-', text).strip('-')}"
