"""The claims that the project was created from, in English; which theorems settle each is recorded in the theorems."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SEED_CLAIMS", "SeedClaim"]


@dataclass(frozen=True)
class SeedClaim:
    """A sentence of the text that the project started from.

    Attributes
    ----------
    number : str
        ``"S1"`` and so on; theorems name it in ``Claim.seed``.
    text : str
        The claim.
    settled_by : str
        What would settle it.
    """

    number: str
    text: str
    settled_by: str


SEED_CLAIMS: tuple[SeedClaim, ...] = (
    SeedClaim(
        "S1",
        "RMSprop keeps a moving average of squared gradients and normalises each parameter's learning rate by it.",
        "The closed form of the accumulator, and the effective step size of each coordinate.",
    ),
    SeedClaim(
        "S2",
        "That copes with vanishing and exploding gradients.",
        "A step that is the same for g and c g when eps = 0, a two-sided bound of the step, and what eps does to it.",
    ),
    SeedClaim(
        "S3",
        "It suits non-stationary objectives, such as those of recurrent networks.",
        "How many steps each rule needs to recover from a change of the gradient's scale.",
    ),
    SeedClaim(
        "S4",
        "It is Adagrad with an exponentially decaying average in place of the sum.",
        "The two recurrences side by side, and a family with one parameter that contains both.",
    ),
    SeedClaim(
        "S5",
        "So the learning rate is kept from shrinking too far.",
        "A lower bound of RMSprop's effective rate for all t, where Adagrad's tends to 0.",
    ),
    SeedClaim(
        "S6",
        "Adagrad sums all past squared gradients, so its rates fall monotonically, often too fast.",
        "Monotonicity for every gradient sequence, the rate under a constant gradient, and a witness that RMSprop's "
        "rate can rise.",
    ),
    SeedClaim(
        "S7",
        "Adagrad is ideal for sparse data.",
        "The effective rate of a coordinate that is seldom non-zero, under each rule.",
    ),
    SeedClaim(
        "S8",
        "Adadelta extends Adagrad with a moving window of updates, so that no learning rate is set by hand.",
        "Its rule without a learning rate, and the units of its update.",
    ),
    SeedClaim(
        "S9",
        "Adadelta is robust to initialisation and less sensitive to hyperparameters.",
        "How its first step depends on eps, and the sensitivity of a step to each hyperparameter.",
    ),
    SeedClaim(
        "S10",
        "Adam is momentum, RMSprop's second moment and bias correction together.",
        "Adam with beta1 = 0 against bias-corrected RMSprop, and bias correction that is exact for a stationary "
        "gradient.",
    ),
    SeedClaim(
        "S11",
        "Bias correction makes early training better.",
        "The first step of each rule, and how far the uncorrected step goes astray.",
    ),
    SeedClaim(
        "S12",
        "AdamW decouples weight decay from the adaptive rate.",
        "A decay factor that does not depend on the gradients, where that of Adam with L2 does.",
    ),
    SeedClaim(
        "S13",
        "SGD with Nesterov momentum looks ahead.",
        "The look-ahead form and the form that frameworks run as one rule under a change of variables.",
    ),
    SeedClaim(
        "S14",
        "It is not adaptive: one fixed rate, and momentum only smooths.",
        "A step that is linear in the gradients, and its effective rate.",
    ),
    SeedClaim(
        "S15",
        "All of them are implemented in PyTorch and TensorFlow.",
        "Each implementation traced and proved equal to the published rule, or the exact difference.",
    ),
    SeedClaim(
        "S16",
        "Start with RMSprop or Adam; for sparse data Adagrad; for recurrent networks RMSprop or Adam.",
        "A decision table in which every line names its theorem or measurement.",
    ),
)
