"""What a report is made of, as plain records: text that is written already, numbers and verdicts.

Pages are rendered from these, they are what is remembered from one run to the next, and they are the report's JSON.
Nothing here computes, so that importing this package imports neither SymPy nor Numba nor matplotlib.
"""

from __future__ import annotations

from .comparison import ComparisonFacts, DifferenceFacts
from .content import Content, Failure, ImplementationPage, ReportError, ReportSummary, RulePage
from .framework import FrameworkForm
from .implementation import ImplementationFacts, implementation_page
from .kernel import CheckFacts, KernelFacts, OperationFacts, PassFacts
from .naming import anchor, slug
from .plain import digest_of, from_plain, to_plain
from .rule import RuleFacts, SymbolFacts
from .speed import Timing
from .theorem import VERDICTS, Citation, Condition, Step, Theorem, WitnessValue

__all__ = [
    "VERDICTS",
    "CheckFacts",
    "Citation",
    "ComparisonFacts",
    "Condition",
    "Content",
    "DifferenceFacts",
    "Failure",
    "FrameworkForm",
    "ImplementationFacts",
    "ImplementationPage",
    "KernelFacts",
    "OperationFacts",
    "PassFacts",
    "ReportError",
    "ReportSummary",
    "RuleFacts",
    "RulePage",
    "Step",
    "SymbolFacts",
    "Theorem",
    "Timing",
    "WitnessValue",
    "anchor",
    "digest_of",
    "from_plain",
    "implementation_page",
    "slug",
    "to_plain",
]
