"""
Which question to ask next: what the answer to each would settle.

Conventions: a customer is settled when the evidence leaves one kind of loyalty. Only
questions whose answer is unknown are asked, and only of customers not yet settled.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from loyalkit._messages import refuse
from loyalkit._scalars import fraction, one_of
from loyalkit.evidence import Evidence, EvidencePiece
from loyalkit.kinds import LOYALTY_RULES
from loyalkit.rules import RuleTable, tally

__all__ = ["Question", "next_questions"]

AnswerShares: TypeAlias = Mapping[str, Mapping[int, float] | Sequence[float]] | Literal["uniform"]
"""For each piece of evidence, the share of customers expected to give each answer."""


@attrs.frozen(kw_only=True)
class Question:
    """
    What asking for one piece of evidence would settle.

    Parameters
    ----------
    evidence : str
        The piece of evidence to ask for.
    open : int
        Customers not yet settled for whom the piece is unknown [customers].
    always : int
        Those whom the answer settles, whatever it is [customers].
    at_best : int
        Those whom some answer settles [customers].
    expected : float
        How many of them the answers settle on average, if they come in the expected
        shares [customers]. NaN exactly if no shares were given for the piece.
    narrows : int
        Those for whom some answer leaves fewer kinds of loyalty possible [customers].
    """

    evidence: str
    open: int
    always: int
    at_best: int
    expected: float
    narrows: int


def next_questions(
    evidence: Evidence,
    *,
    rules: RuleTable = LOYALTY_RULES,
    answer_shares: AnswerShares | None = None,
) -> tuple[Question, ...]:
    r"""
    Rank the pieces of evidence by what asking for them would settle.

    Parameters
    ----------
    evidence : Evidence
        What is known about each customer.
    rules : RuleTable
        The decision table to settle customers with.
    answer_shares : mapping or "uniform", optional
        For each piece, or some, the share of customers expected to give each answer: a
        mapping from value to share, or the shares in the order of the values (no before
        yes, LOW before LIKE before LOVE) [fraction]. "uniform" expects every answer
        equally often.

    Returns
    -------
    tuple of Question
        One for every piece of evidence, best first: by the customers expected to be
        settled (those always settled, where no shares were given), then by `always`,
        `at_best` and `narrows`, then in the order of the pieces.

    Raises
    ------
    TypeError
        If a share is not a number.
    ValueError
        If a piece does not exist, or if the shares of a piece are not one fraction for
        each value that add up to 1.

    See Also
    --------
    assign_segments : What the evidence says so far.

    Notes
    -----
    With :math:`n_v` customers whom the answer :math:`v` would settle and shares
    :math:`s_v`, the expected number is :math:`\sum_v s_v n_v`: everybody is taken to
    answer with the same shares. Always :math:`\le` expected :math:`\le` at best.

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
    """
    customers = tally(rules.patterns(evidence), rules.n_patterns)
    return rank_questions(customers, rules, _checked_shares(answer_shares, rules.pieces))


def rank_questions(
    customers: NDArray[np.int64], rules: RuleTable, shares: Mapping[str, Sequence[float]]
) -> tuple[Question, ...]:
    """
    Rank questions for customers counted by pattern.

    Parameters
    ----------
    customers : ndarray of int64, shape (n_patterns,)
        Customers with each pattern of evidence [customers].
    rules : RuleTable
        The decision table to settle customers with.
    shares : mapping of str to sequence of float
        For each piece, or some, the expected share of each answer [fraction].

    Returns
    -------
    tuple of Question
        As `next_questions`.
    """
    n_possible = np.count_nonzero(rules.possible(), axis=0).reshape(rules.pattern_shape)
    by_pattern = customers.reshape(rules.pattern_shape)
    questions = [
        _question(piece.name, *_split(by_pattern, n_possible, axis), shares.get(piece.name))
        for axis, piece in enumerate(rules.pieces)
    ]
    return tuple(sorted(questions, key=_rank))


def _split(
    customers: NDArray[np.int64], n_possible: NDArray[np.int64], axis: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    # Unknown comes first on every axis, then the answers: see RuleTable.pattern_shape.
    before, *answered = np.moveaxis(n_possible, axis, 0)
    return np.where(before > 1, customers.take(0, axis), 0), before, np.array(answered)


def _question(
    name: str,
    customers: NDArray[np.int64],
    before: NDArray[np.int64],
    answered: NDArray[np.int64],
    shares: Sequence[float] | None,
) -> Question:
    settled = answered == 1
    by_answer = [int(customers[each].sum()) for each in settled]
    return Question(
        evidence=name,
        open=int(customers.sum()),
        always=int(customers[settled.all(axis=0)].sum()),
        at_best=int(customers[settled.any(axis=0)].sum()),
        expected=_expected(shares, by_answer),
        narrows=int(customers[(answered < before).any(axis=0)].sum()),
    )


def _expected(shares: Sequence[float] | None, customers: Sequence[int]) -> float:
    if shares is None:
        return math.nan
    return math.fsum(share * n for share, n in zip(shares, customers, strict=True))


def _rank(question: Question) -> tuple[float, ...]:
    expected = question.always if math.isnan(question.expected) else question.expected
    return -expected, -question.always, -question.at_best, -question.narrows


def _checked_shares(
    answer_shares: AnswerShares | None, pieces: Sequence[EvidencePiece]
) -> dict[str, tuple[float, ...]]:
    if answer_shares is None:
        return {}
    if isinstance(answer_shares, str):
        one_of("answer_shares", answer_shares, ("uniform",))
        return {piece.name: (1 / piece.n_values,) * piece.n_values for piece in pieces}
    by_name = {piece.name: piece for piece in pieces}
    for name in answer_shares:
        if name not in by_name:
            refuse("answer_shares", f"must be about {', '.join(by_name)}", name)
    return {name: _shares_of(by_name[name], shares) for name, shares in answer_shares.items()}


def _shares_of(
    piece: EvidencePiece, shares: Mapping[int, float] | Sequence[float]
) -> tuple[float, ...]:
    name = f"answer_shares[{piece.name}]"
    given = shares if isinstance(shares, Mapping) else dict(enumerate(shares))
    if set(given) != set(range(piece.n_values)):
        values = ", ".join(piece.word(value) for value in range(piece.n_values))
        refuse(name, f"must have a share for each of {values}", shares)
    result = tuple(fraction(name, given[value]) for value in range(piece.n_values))
    if not math.isclose(math.fsum(result), 1, abs_tol=1e-9):
        refuse(name, "must add up to 1", math.fsum(result))
    return result
