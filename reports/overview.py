"""What stands side by side: principal rules and their variants, claims and folklore with their theorems."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .records import ComparisonFacts, Content, RulePage, Theorem
from .seed import SEED_CLAIMS, SeedClaim

__all__ = [
    "AlikeTheorems",
    "SeedRow",
    "about_both",
    "comparisons_of",
    "folklore_rows",
    "principal_rules",
    "seed_rows",
    "theorems_that_differ",
    "translations",
    "variants",
]


def principal_rules(content: Content) -> tuple[RulePage, ...]:
    """The first rule of each title; the others are its variants."""
    first: dict[str, RulePage] = {}
    for one in content.rules:
        first.setdefault(one.rule.title, one)
    return tuple(first.values())


def variants(content: Content) -> tuple[tuple[RulePage, tuple[str, ...]], ...]:
    """Every variant with those of its lines, in LaTeX, that its principal rule does not have."""
    principal = principal_rules(content)
    lines = {one.rule.title: set(one.rule.update_latex) for one in principal}
    names = {one.rule.name for one in principal}
    return tuple(
        (one, tuple(line for line in one.rule.update_latex if line not in lines[one.rule.title]))
        for one in content.rules
        if one.rule.name not in names
    )


@dataclass(frozen=True)
class AlikeTheorems:
    """What is known of several rules alike; `principal` and `variants` share title and verdict."""

    title: str
    verdict: str
    principal: tuple[Theorem, ...]
    variants: tuple[Theorem, ...]

    @property
    def example(self) -> Theorem:
        """One of them."""
        return (*self.principal, *self.variants)[0]


@dataclass(frozen=True)
class SeedRow:
    """A claim of the seed with the theorems that speak to it."""

    claim: SeedClaim
    theorems: tuple[AlikeTheorems, ...]


def seed_rows(content: Content) -> tuple[SeedRow, ...]:
    """The seed's claims, each with its theorems; those of principal rules come first."""
    return tuple(
        SeedRow(claim, _alike(content, (t for t in content.theorems if claim.number in t.seed)))
        for claim in SEED_CLAIMS
    )


def folklore_rows(content: Content) -> tuple[AlikeTheorems, ...]:
    """What is commonly said and was shown false, once for all the rules of which it was said."""
    return _alike(content, (t for t in content.theorems if t.folklore and t.verdict == "REFUTED"))


def _alike(content: Content, theorems: Iterable[Theorem]) -> tuple[AlikeTheorems, ...]:
    principal = {one.rule.name for one in principal_rules(content)}
    groups: dict[tuple[str, str], list[Theorem]] = {}
    for theorem in theorems:
        groups.setdefault((theorem.title, theorem.verdict), []).append(theorem)
    found = [
        AlikeTheorems(
            title,
            verdict,
            tuple(t for t in alike if t.rule in principal),
            tuple(t for t in alike if t.rule not in principal),
        )
        for (title, verdict), alike in groups.items()
    ]
    return tuple(sorted(found, key=lambda one: not one.principal))


def comparisons_of(content: Content, name: str) -> tuple[ComparisonFacts, ...]:
    """The comparisons in which a rule takes part."""
    return tuple(c for c in content.comparisons if name in (c.first, c.second))


def translations(content: Content, name: str) -> tuple[tuple[ComparisonFacts, str, Mapping[str, str]], ...]:
    """The comparisons that found hyperparameters under which another rule is this one, with the other and these."""
    return tuple(
        (c, c.second if c.first == name else c.first, c.translation)
        for c in comparisons_of(content, name)
        if c.translation
    )


def about_both(first: RulePage, second: RulePage) -> tuple[Theorem, ...]:
    """The theorems about one of two rules that speak of the other."""
    return tuple(
        theorem
        for one, other in ((first, second), (second, first))
        for theorem in one.theorems
        if other.rule.name in theorem.partners
    )


def theorems_that_differ(first: RulePage, second: RulePage) -> tuple[tuple[Theorem, Theorem], ...]:
    """The theorems of one name whose verdict, or whose derived formula, is not the same for both rules."""
    there = {t.name: t for t in second.theorems}
    pairs = ((t, there[t.name]) for t in first.theorems if t.name in there)
    return tuple(
        (a, b)
        for a, b in pairs
        if a.verdict != b.verdict or (a.derived_latex != b.derived_latex and a.derived_latex and b.derived_latex)
    )
