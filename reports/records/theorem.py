"""A theorem as a reader meets it: words and formulas that are written already, and nothing that computes."""

from __future__ import annotations

from dataclasses import dataclass

from .naming import anchor
from .plain import timing

__all__ = ["VERDICTS", "Citation", "Condition", "Step", "Theorem", "WitnessValue"]

VERDICTS = ("PROVED", "REFUTED", "UNKNOWN")


@dataclass(frozen=True)
class Citation:
    """Where something was published.

    Attributes
    ----------
    authors, title : str
    year : int
    where : str
        The equation, algorithm line or section.
    link : str
        A stable identifier such as ``"arXiv:1412.6980"``, or empty.
    """

    authors: str
    year: int
    title: str
    where: str = ""
    link: str = ""

    def __str__(self) -> str:
        text = f"{self.authors} ({self.year})"
        return f"{text}, {self.where}" if self.where else text


@dataclass(frozen=True)
class Condition:
    """A hypothesis, as LaTeX and as plain text; `words` says it where the formula alone would puzzle."""

    latex: str
    text: str
    words: str = ""


@dataclass(frozen=True)
class Step:
    """One step of a proof.

    Attributes
    ----------
    words : str
        What it shows, in a sentence; formulas stand between dollar signs.
    latex : str
        The formula that was shown, or empty.
    kind : str
        How it was decided: ``"identity"``, ``"smt"``, ``"evaluation"`` or ``"definition"``.
    """

    words: str
    latex: str = ""
    kind: str = "definition"


@dataclass(frozen=True)
class WitnessValue:
    """One exact value of a counterexample: its name and the value, both as LaTeX and as plain text."""

    name: str
    name_latex: str
    text: str
    latex: str


@dataclass(frozen=True)
class Theorem:
    """A claim about a rule and what was found out about it.

    Attributes
    ----------
    rule : str
        The rule's name.
    name : str
        What the claim is called on the command line.
    subject : str
        The heading it stands under.
    title : str
        The claim in one sentence of words.
    statement_latex, statement_text : str
    verdict, expected : {"PROVED", "REFUTED", "UNKNOWN"}
        What was found and what the catalogue expects.
    hypotheses : tuple of Condition
        Beside the domains of the rule's symbols.
    derived_latex, derived_text : str
        The formula that was computed from the rule, or empty.
    published_latex, published_text : str
        The formula that the source prints, or empty.
    relation : str
        ``"equal"``, ``"upper"`` or ``"lower"``: what the published formula is to the derived one; or empty.
    source : Citation or None
    method : str
        The technique, such as ``"induction"``.
    steps : tuple of Step
        The proof in the order a person follows it.
    witness : tuple of WitnessValue
        The exact counterexample of what is REFUTED.
    reason : str
        Why it is open, where it is UNKNOWN.
    confirmed_by : tuple of str
        Independent provers that agreed.
    folklore : bool
        Whether the statement is commonly made and false.
    typed : bool
        Whether the formula claimed was typed in from a source and only checked.
    seed : tuple of str
        The claims of the project's first text that this settles, as ``("S5",)``.
    semantics : str
        The arithmetic in which the claim is made, as ``"real"`` or ``"float32"``.
    partners : tuple of str
        Other rules that the claim speaks of.
    seconds : float
    """

    rule: str
    name: str
    subject: str
    title: str
    statement_latex: str
    statement_text: str
    verdict: str
    expected: str
    hypotheses: tuple[Condition, ...] = ()
    derived_latex: str = ""
    derived_text: str = ""
    published_latex: str = ""
    published_text: str = ""
    relation: str = ""
    source: Citation | None = None
    method: str = ""
    steps: tuple[Step, ...] = ()
    witness: tuple[WitnessValue, ...] = ()
    reason: str = ""
    confirmed_by: tuple[str, ...] = ()
    folklore: bool = False
    typed: bool = False
    seed: tuple[str, ...] = ()
    semantics: str = "real"
    partners: tuple[str, ...] = ()
    seconds: float = timing()

    def __post_init__(self) -> None:
        for verdict in (self.verdict, self.expected):
            if verdict not in VERDICTS:
                raise ValueError(f"{verdict!r} is no verdict; the verdicts are {', '.join(VERDICTS)}")

    @property
    def as_expected(self) -> bool:
        """Whether the verdict is the one the catalogue expects."""
        return self.verdict == self.expected

    @property
    def anchor(self) -> str:
        """Where it stands on its rule's page."""
        return anchor(self.name)
