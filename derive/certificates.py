"""Proofs as files: each result with everything that a checker needs, one JSON file for each claim."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .prove.verdict import Result

__all__ = ["certificate", "write_certificates"]


def certificate(result: Result) -> dict[str, Any]:
    """The record of `result` with the rule it speaks of and the formal content of every proof step.

    Nothing in it depends on the run: the same claim gives the same certificate.
    """
    claim = result.claim
    record = {key: value for key, value in result.to_json().items() if key not in ("seconds", "certificate")}
    return {
        **record,
        "title": claim.title,
        "subject": claim.subject,
        "steps": [{"words": s.words, "latex": s.latex, "kind": s.kind, "formal": s.formal} for s in result.steps],
        "rule_digest": claim.rule.digest,
        "rule_definition": claim.rule.to_json(),
    }


def write_certificates(results: Iterable[Result], directory: Path | str) -> dict[tuple[str, str], Path]:
    """Write the certificate of each result to ``directory/RULE/CLAIM.json``.

    Returns
    -------
    dict
        The file of each result, by the names of rule and claim.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    written: dict[tuple[str, str], Path] = {}
    for result in results:
        names = (result.claim.rule.name, result.claim.name)
        path = Path(directory, _folder(names[0]), f"{names[1]}.json")
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            fresh.write_text(json.dumps(certificate(result), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)
        written[names] = path
    return written


def _folder(rule: str) -> str:
    """A rule's name as a folder: ``adam[amsgrad,l2]`` becomes ``adam-amsgrad-l2``."""
    return "".join(c if c.isalnum() or c == "_" else "-" for c in rule).strip("-")
