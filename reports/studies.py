"""A study as a page: its figures, in the style of the report."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .figures.drawing import Drawing
    from .figures.studies import Study

__all__ = ["study_page"]


def study_page(study: Study, drawings: Iterable[Drawing], command: str) -> str:
    """The page of a study.

    Parameters
    ----------
    study : Study
    drawings : iterable of Drawing
    command : str
        The command that makes it again.
    """
    from .pages import renderer

    values = {"name": study.name, "words": study.words, "drawings": tuple(drawings), "command": command, "up": ""}
    return renderer("html")("study.html", values)
