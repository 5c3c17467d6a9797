"""What the theorems advise: which rule suits which situation, and what speaks for it or warns of it."""

from __future__ import annotations

from dataclasses import dataclass

from .records import Content, Theorem

__all__ = ["GUIDE", "Advice", "GuideLine", "guide_lines"]


@dataclass(frozen=True)
class Advice:
    """A line of the guide.

    Attributes
    ----------
    situation, advice : str
    because : tuple of (rule, claim, verdict)
        The theorems that the advice rests on, each with the verdict that it needs.
    """

    situation: str
    advice: str
    because: tuple[tuple[str, str, str], ...]


GUIDE: tuple[Advice, ...] = (
    Advice(
        "Sparse gradients: some coordinates are seen rarely.",
        "Adagrad: a coordinate keeps its rate until it is seen, and a rare one has a larger rate by the root of the "
        "frequencies' ratio. RMSprop and Adam forget meanwhile.",
        (
            ("adagrad", "zero-gradient-changes-nothing", "PROVED"),
            ("adagrad", "sparse-against-dense", "PROVED"),
            ("rmsprop", "zero-gradient-changes-nothing", "REFUTED"),
            ("adam", "zero-gradient-changes-nothing", "REFUTED"),
        ),
    ),
    Advice(
        "Gradients whose scale changes during the run, as in recurrent networks.",
        "RMSprop or Adam: after a change of scale the average recovers in a number of steps that grows with the "
        "logarithm of the change; Adagrad's sum needs a number in proportion to the whole past.",
        (
            ("rmsprop", "scale-change-recovery-v", "PROVED"),
            ("adam", "scale-change-recovery-v", "PROVED"),
            ("adagrad", "scale-change-recovery-G", "PROVED"),
        ),
    ),
    Advice(
        "A long run in which the rate must not fade.",
        "RMSprop: its rate never falls below a constant as long as gradients are bounded. Adagrad's tends to zero.",
        (
            ("rmsprop", "rate-lower-bound-forever", "PROVED"),
            ("adagrad", "rate-vanishes", "PROVED"),
        ),
    ),
    Advice(
        "A convex objective and a guarantee.",
        "Adagrad, whose regret is bounded whatever the gradients are. There is a sequence on which Adam's average "
        "regret does not vanish.",
        (("adagrad", "regret-bound", "PROVED"), ("adam", "worst-case-regret", "PROVED")),
    ),
    Advice(
        "No step may be longer than a known length.",
        "Adagrad moves by at most the learning rate, Adam by at most a known multiple of it; Lion by exactly the "
        "learning rate or not at all, beside its decay.",
        (
            ("adagrad", "step-bound", "PROVED"),
            ("adam", "step-bound", "PROVED"),
            ("lion", "moves-by-lr-or-not", "PROVED"),
        ),
    ),
    Advice(
        "The first steps matter.",
        "Adam: its first step has the size of the learning rate. RMSprop's is larger by the root of 1/(1 − ρ).",
        (("adam", "first-step", "PROVED"), ("rmsprop", "first-step", "PROVED")),
    ),
    Advice(
        "Weight decay that does not depend on the gradients.",
        "AdamW. Adding the decay to Adam's gradient is another thing, and no coefficient makes the two equal.",
        (
            ("adamw", "decay-factor-depends", "PROVED"),
            ("adam[l2]", "l2-is-weight-decay", "REFUTED"),
            ("adam[l2]", "l2-is-never-decoupled-decay", "PROVED"),
        ),
    ),
    Advice(
        "No learning rate to choose.",
        "Adadelta has none by name; the eps beside its updates takes that place, and choosing it is choosing the rate.",
        (("adadelta", "eps-is-the-learning-rate", "PROVED"), ("adadelta", "eps-does-not-matter", "REFUTED")),
    ),
    Advice(
        "A step that is linear in the gradients, so that rates carry over between batch sizes.",
        "SGD with or without momentum: the run on a sum of gradient sequences is the sum of the runs. Adam is not so.",
        (
            ("sgd[nesterov]", "additive-in-the-gradients", "PROVED"),
            ("sgd[momentum]", "additive-in-the-gradients", "PROVED"),
            ("adam", "additive-in-the-gradients", "REFUTED"),
        ),
    ),
    Advice(
        "Acceleration on a smooth convex objective.",
        "Nesterov momentum, but with a smaller learning rate than plain descent allows: looking ahead does not keep "
        "its region of stability.",
        (("sgd[nesterov]", "accelerated-rate", "PROVED"), ("sgd[nesterov]", "stability-as-descent", "REFUTED")),
    ),
    Advice(
        "States in bfloat16.",
        "Not Adam's second moment at its default decay: rounded to nearest it never falls.",
        (("adam", "never-decays-v-bfloat16", "PROVED"),),
    ),
)


@dataclass(frozen=True)
class GuideLine:
    """A line of the guide with the theorems of this report that it rests on, and how many it lacks."""

    advice: Advice
    theorems: tuple[Theorem, ...]
    lacking: int


def guide_lines(content: Content) -> tuple[GuideLine, ...]:
    """The lines of the guide that the theorems of a report speak to.

    A line stands only where none of its theorems came out otherwise; one whose theorems are not all in the report says
    how many are missing.
    """
    known = {(t.rule, t.name): t for t in content.theorems}
    lines = []
    for advice in GUIDE:
        found = [(known.get((rule, claim)), verdict) for rule, claim, verdict in advice.because]
        cited = tuple(t for t, verdict in found if t is not None and t.verdict == verdict)
        against = any(t is not None and t.verdict != verdict for t, verdict in found)
        if cited and not against:
            lines.append(GuideLine(advice, cited, len(found) - len(cited)))
    return tuple(lines)
