"""What stands side by side: principal rules and their variants, the seed's claims and their theorems."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..derive.prove.verdict import Result, Verdict
from .seed import SEED_CLAIMS, SeedClaim
from .view import update_lines

if TYPE_CHECKING:
    from .records import Content, RuleContent

__all__ = ["SeedRow", "SeedTheorem", "principal_rules", "seed_rows", "variants"]


def principal_rules(content: Content) -> tuple[RuleContent, ...]:
    """The first rule of each title; the others are its variants."""
    first: dict[str, RuleContent] = {}
    for one in content.rules:
        first.setdefault(one.rule.title, one)
    return tuple(first.values())


def variants(content: Content) -> tuple[tuple[RuleContent, tuple[str, ...]], ...]:
    """Every variant with those of its lines, in LaTeX, that its principal rule does not have."""
    lines = {one.rule.title: set(update_lines(one.rule)) for one in principal_rules(content)}
    principal = {one.rule.name for one in principal_rules(content)}
    return tuple(
        (one, tuple(line for line in update_lines(one.rule) if line not in lines[one.rule.title]))
        for one in content.rules
        if one.rule.name not in principal
    )


@dataclass(frozen=True)
class SeedTheorem:
    """What is known of several rules alike; `principal` and `variants` share title and verdict."""

    title: str
    verdict: Verdict
    principal: tuple[Result, ...]
    variants: tuple[Result, ...]


@dataclass(frozen=True)
class SeedRow:
    """A claim of the seed with the theorems that speak to it."""

    claim: SeedClaim
    theorems: tuple[SeedTheorem, ...]


def seed_rows(content: Content) -> tuple[SeedRow, ...]:
    """The seed's claims, each with its theorems; those of principal rules come first."""
    principal = {one.rule.name for one in principal_rules(content)}
    rows = []
    for claim in SEED_CLAIMS:
        groups: dict[tuple[str, Verdict], list[Result]] = {}
        for result in content.results:
            if claim.number in result.claim.seed:
                groups.setdefault((result.claim.title, result.verdict), []).append(result)
        theorems = [
            SeedTheorem(
                title,
                verdict,
                tuple(r for r in found if r.claim.rule.name in principal),
                tuple(r for r in found if r.claim.rule.name not in principal),
            )
            for (title, verdict), found in groups.items()
        ]
        rows.append(SeedRow(claim, tuple(sorted(theorems, key=lambda t: not t.principal))))
    return tuple(rows)
