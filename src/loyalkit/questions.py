"""
Which question to ask next: what the answer to each would settle.

Conventions: a customer is settled when the evidence leaves one kind of loyalty. Only
questions whose answer is unknown are asked, and only of customers not yet settled.
"""

import math
import operator
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Literal, NamedTuple, TypeAlias

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from loyalkit._arrays import not_negative, same_length
from loyalkit._kernels import exact_total
from loyalkit._messages import refuse
from loyalkit._patterns import tally
from loyalkit._scalars import fraction, nan_safe, one_of, simple_fraction
from loyalkit.evidence import EvidencePiece, EvidenceTable
from loyalkit.kinds import LOYALTY_RULES
from loyalkit.rules import RuleTable

__all__ = ["Question", "next_questions"]

AnswerShares: TypeAlias = Mapping[str, Mapping[int, float] | Sequence[float]] | Literal["uniform"]
"""For each piece of evidence, the share of customers expected to give each answer."""


@attrs.frozen(kw_only=True)
class Question:
    """
    What asking for one piece of evidence would settle.

    The figures count customers, or, where values were given, what those customers are
    worth together.

    Parameters
    ----------
    evidence : str
        The piece of evidence to ask for.
    open : int or float
        Customers not yet settled for whom the piece is unknown [customers].
    always : int or float
        Those whom the answer settles, whatever it is [customers].
    at_best : int or float
        Those whom some answer settles [customers].
    expected : float
        How many of them the answers settle on average, if they come in the expected
        shares [customers]. NaN exactly if no shares were given for the piece.
    narrows : int or float
        Those for whom some answer leaves fewer kinds of loyalty possible [customers].
    """

    evidence: str
    open: int | float
    always: int | float
    at_best: int | float
    expected: float = attrs.field(eq=nan_safe)
    narrows: int | float


def next_questions(
    evidence: EvidenceTable,
    *,
    rules: RuleTable[Any] = LOYALTY_RULES,
    answer_shares: AnswerShares | None = None,
    values: ArrayLike | None = None,
) -> tuple[Question, ...]:
    r"""
    Rank the pieces of evidence by what asking for them would settle.

    Parameters
    ----------
    evidence : Evidence or EvidenceTable
        What is known about each customer.
    rules : RuleTable
        The decision table to settle customers with.
    answer_shares : mapping or "uniform", optional
        For each piece, or some, the share of customers expected to give each answer: a
        mapping from value to share, or the shares in the order of the values (no before
        yes, LOW before LIKE before LOVE) [fraction]. "uniform" expects every answer
        equally often.
    values : array_like, shape (n,), optional
        What each customer is worth, 0 or more in any unit. The questions are then ranked
        by the business they settle, not by the customers.

    Returns
    -------
    tuple of Question
        One for every piece of evidence, best first: by the customers expected to be
        settled (those always settled, where no shares were given), then by `always`,
        `at_best` and `narrows`, then in the order of the pieces.

    Raises
    ------
    TypeError
        If a share or a value is not a number.
    ValueError
        If the evidence is about other pieces than the rules, if a piece does not exist,
        if the shares of a piece are not one fraction for each value that add up to 1, or
        if there is not one value of at least 0 per customer.

    See Also
    --------
    assign_segments : What the evidence says so far.

    Notes
    -----
    With :math:`n_v` customers whom the answer :math:`v` would settle and shares
    :math:`s_v`, the expected number is :math:`\sum_v s_v n_v`: everybody is taken to
    answer with the same shares. Always :math:`\le` expected :math:`\le` at best. Sums
    and ranks are exact, so that ties do not hang on rounding or on the order of the
    customers; values that are not whole are first rounded to some 18 digits of their
    possible total.

    Examples
    --------
    Four customers who buy rarely answered only in part. What should be asked next?

    >>> from loyalkit import Evidence, next_questions
    >>> evidence = Evidence(
    ...     buys_regularly=False, attachment=[0, 1, 1, None], buys_exclusively=[None, None, None, 1]
    ... )
    >>> for question in next_questions(evidence)[:2]:
    ...     print(question.evidence, question.open, question.always, question.at_best)
    buys_exclusively 2 2 2
    attachment 1 1 1

    The last of them is worth more than the others together:

    >>> best = next_questions(evidence, values=[10, 20, 20, 90])[0]
    >>> best.evidence, best.always
    ('attachment', 90)
    """
    rules.check(evidence)
    shares = checked_shares(answer_shares, rules.pieces)
    if values is None:
        return rank_questions(tally(evidence), rules, shares)
    amounts, unit = _whole(not_negative("values", values))
    same_length(evidence=evidence.columns[0], values=amounts)
    return rank_questions(tally(evidence, amounts), rules, shares, unit)


def _whole(values: NDArray[Any]) -> tuple[NDArray[np.int64], Fraction | None]:
    """Values as whole numbers whose sums fit into int64, and the unit if it is not 1."""
    if values.dtype.kind == "i" and exact_total(values) < 2**63:
        return values, None
    given = values.astype(np.float64)
    # Not by the total, which would hang on the order of the customers.
    _, exponent = math.frexp(float(given.max(initial=0.0)))
    bits = 62 - exponent - given.size.bit_length()
    return np.rint(np.ldexp(given, bits)).astype(np.int64), Fraction(2) ** -bits


def rank_questions(
    customers: NDArray[np.int64],
    rules: RuleTable[Any],
    shares: Mapping[str, Sequence[Fraction]],
    unit: Fraction | None = None,
) -> tuple[Question, ...]:
    """Rank questions for customers counted by pattern, or for values of theirs in a unit."""
    n_possible = np.count_nonzero(rules.possible(), axis=0).reshape(rules.pattern_shape)
    by_pattern = customers.reshape(rules.pattern_shape)
    ranked = [
        _question(piece, *_split(by_pattern, n_possible, axis), shares.get(piece.name))
        for axis, piece in enumerate(rules.pieces)
    ]
    ranked.sort(key=_rank)
    return tuple(x.question(unit) for x in ranked)


def _split(
    customers: NDArray[np.int64], n_possible: NDArray[np.int64], axis: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    # Unknown comes first on every axis, then the answers: see RuleTable.pattern_shape.
    before, *answered = np.moveaxis(n_possible, axis, 0)
    return np.where(before > 1, customers.take(0, axis), 0), before, np.array(answered)


class _Exact(NamedTuple):
    """Figures of a question as whole numbers and quotients of them."""

    evidence: str
    open: int
    always: int
    at_best: int
    expected: Fraction | None
    narrows: int

    def question(self, unit: Fraction | None) -> Question:
        return Question(
            evidence=self.evidence,
            open=_figure(self.open, unit),
            always=_figure(self.always, unit),
            at_best=_figure(self.at_best, unit),
            expected=math.nan if self.expected is None else _float(self.expected * (unit or 1)),
            narrows=_figure(self.narrows, unit),
        )


def _figure(whole: int, unit: Fraction | None) -> int | float:
    return whole if unit is None else _float(whole * unit)


def _float(figure: Fraction) -> float:
    """The float next to a figure of at least 0, infinite beyond the range of floats."""
    try:
        return float(figure)
    except OverflowError:
        return math.inf


def _question(
    piece: EvidencePiece,
    customers: NDArray[np.int64],
    before: NDArray[np.int64],
    answered: NDArray[np.int64],
    shares: Sequence[Fraction] | None,
) -> _Exact:
    settled = answered == 1
    by_answer = [int(customers[each].sum()) for each in settled]
    expected = None if shares is None else sum(map(operator.mul, shares, by_answer), Fraction(0))
    return _Exact(
        evidence=piece.name,
        open=int(customers.sum()),
        always=int(customers[settled.all(axis=0)].sum()),
        at_best=int(customers[settled.any(axis=0)].sum()),
        expected=expected,
        narrows=int(customers[(answered < before).any(axis=0)].sum()),
    )


def _rank(x: _Exact) -> tuple[Fraction | int, ...]:
    return -(x.always if x.expected is None else x.expected), -x.always, -x.at_best, -x.narrows


def checked_shares(
    answer_shares: AnswerShares | None, pieces: Sequence[EvidencePiece]
) -> dict[str, tuple[Fraction, ...]]:
    """Share of each answer to each piece of which shares were given."""
    if answer_shares is None:
        return {}
    if isinstance(answer_shares, str):
        one_of("answer_shares", answer_shares, ("uniform",))
        return {piece.name: (Fraction(1, piece.n_values),) * piece.n_values for piece in pieces}
    by_name = {piece.name: piece for piece in pieces}
    for name in answer_shares:
        if name not in by_name:
            refuse("answer_shares", f"must be about {', '.join(by_name)}", name)
    return {name: _shares_of(by_name[name], shares) for name, shares in answer_shares.items()}


def _shares_of(
    piece: EvidencePiece, shares: Mapping[int, float] | Sequence[float]
) -> tuple[Fraction, ...]:
    name = f"answer_shares[{piece.name}]"
    given = (
        shares if isinstance(shares, Mapping) else dict(enumerate(shares, start=piece.levels[0]))
    )
    if set(given) != set(piece.levels):
        values = ", ".join(map(piece.word, piece.levels))
        refuse(name, f"must have a share for each of {values}", shares)
    total = math.fsum(fraction(name, given[value]) for value in piece.levels)
    if not math.isclose(total, 1, abs_tol=1e-9):
        refuse(name, "must add up to 1", total)
    found = [simple_fraction(name, given[value]) for value in piece.levels]
    return tuple(share / sum(found) for share in found)
