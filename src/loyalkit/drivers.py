"""
What goes with loyalty: the importance of each factor for an outcome, and how well it does.

Conventions: a factor is a column, an outcome one number or truth value a customer. An
importance is a share of the variation of the outcome [fraction]; importances add up to R
squared. Importance says how much goes with a factor, not which way, and not why.
"""

import math
from collections.abc import Iterable
from enum import IntEnum
from functools import partial
from typing import Any, Literal, TypeAlias

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray
from typing_extensions import override

from loyalkit._arrays import Missing, as_exact, column, frozen, same_length
from loyalkit._importance import (
    correlations,
    correlations_by_chance,
    johnson_parts,
    resampled_correlations,
    shapley_parts,
    standard_scores,
)
from loyalkit._messages import refuse, refuse_first, refuse_together
from loyalkit._scalars import confidence_level, count, is_bool, number, one_of
from loyalkit._tables import Table, by_column, named_columns

__all__ = ["DriverQuadrant", "KeyDrivers", "key_drivers"]

ImportanceMethod: TypeAlias = Literal["shapley", "johnson"]
"""How what factors share is split among them."""

_PARTS = {"shapley": shapley_parts, "johnson": johnson_parts}
_MOST = 12
"""Most factors for which all orders of joining are gone through."""


class DriverQuadrant(IntEnum):
    """What a factor's importance and performance, against those of the others, suggest."""

    CONCENTRATE = 0
    KEEP_UP = 1
    LOW_PRIORITY = 2
    OVERDONE = 3


@attrs.frozen(kw_only=True, eq=False, repr=False)
class KeyDrivers:
    """
    How much of an outcome goes with each factor, and how well the firm does in each.

    Made by `key_drivers`. That something goes with the outcome does not make it a cause.

    Parameters
    ----------
    names : tuple of str
        The k factors.
    importance : ndarray of float64, shape (k,)
        Share of the variation of the outcome that falls to each factor [fraction]. They
        add up to `r_squared`. 0 for a factor that does not vary; NaN exactly if the outcome
        does not vary.
    correlation : ndarray of float64, shape (k,)
        Correlation of each factor with the outcome, -1 to 1, which says which way they go
        together. NaN exactly if the factor or the outcome does not vary.
    performance : ndarray of float64, shape (k,)
        Mean of each factor: from 0 to 1 on its scale [fraction] if the ends of the scale
        were given, else in its own unit. NaN exactly without rows.
    method : {"shapley", "johnson"}
        How what factors share was split.
    scores : ndarray of float64, shape (n, k + 1)
        Standard scores of factors and outcome in the rows used.
    dropped : int
        Rows left out because something was missing in them [rows].

    See Also
    --------
    key_drivers : What the figures mean, and an example.
    """

    names: tuple[str, ...]
    importance: NDArray[np.float64] = attrs.field(converter=frozen)
    correlation: NDArray[np.float64] = attrs.field(converter=frozen)
    performance: NDArray[np.float64] = attrs.field(converter=frozen)
    method: ImportanceMethod
    scores: NDArray[np.float64] = attrs.field(converter=frozen)
    dropped: int = 0

    @override
    def __repr__(self) -> str:
        figures = f"n={self.n}, factors={len(self.names)}, r_squared={self.r_squared:.3f}"
        return f"KeyDrivers({figures}, method={self.method!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(KeyDrivers, **attrs.asdict(self, recurse=False)), ()

    @property
    def n(self) -> int:
        """Rows used [rows]."""
        return len(self.scores)

    @property
    def r_squared(self) -> float:
        """Share of the variation of the outcome that all factors together account for."""
        return float(self.importance.sum())

    @property
    def adjusted_r_squared(self) -> float:
        """
        R squared less what as many factors account for by chance.

        NaN exactly if the outcome does not vary, or if there are not at least two rows more
        than (independent) factors.
        """
        spare = self._spare
        return 1 - (1 - self.r_squared) * (self.n - 1) / spare if spare > 0 else math.nan

    @property
    def ranking(self) -> tuple[str, ...]:
        """Names, the most important first; equal ones in the order they were given in."""
        return tuple(self.names[j] for j in self._order)

    def interval(
        self,
        confidence: float = 0.95,
        *,
        figure: Literal["importance", "correlation"] = "importance",
        resamples: int = 2000,
        seed: int = 0,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """
        Range for each importance, or each correlation, of all customers like these.

        Parameters
        ----------
        confidence : float, default 0.95
            Confidence of each interval by itself [fraction].
        figure : {"importance", "correlation"}, default "importance"
            Which figure.
        resamples : int, default 2000
            How often rows are drawn anew, at least 100.
        seed : int, default 0
            Start of the random numbers: the same rows and seed give the same interval.

        Returns
        -------
        low, high : ndarray of float64, shape (k,)
            Ends of the intervals, which hold the figure. An interval of importance starts
            at 0 where chance alone could make as much, as by `chance_importance`. NaN
            exactly for a factor that does not vary, for a figure that no draw changes, such as
            a correlation of 1, and for all if the outcome does not vary, or if there are not
            at least two rows more than (independent) factors.

        Raises
        ------
        TypeError
            If an argument is not a number.
        ValueError
            If ``confidence`` is not between 0 and 1, ``figure`` is neither of the two,
            ``resamples`` is less than 100 or ``seed`` is negative.

        Notes
        -----
        Percentiles of the bootstrap [1]_: rows are drawn with replacement, and importance is
        computed from the correlations of each draw; draws in which the outcome does not
        vary are left out. Beyond 2000 rows, rows are put into 2000 groups by lot, and groups
        are drawn, which makes limits vary by some 2 % of the width.

        Importance cannot be negative, so few rows flatter it: with seven factors and 50
        rows by 0.01 to 0.02 each, with 200 by up to 0.005. Of simulated surveys with seven
        factors (answers that go together and answers that do not, amounts and truth
        values as outcomes) intervals of 95 % held the true importance of a factor in 90 to
        98 % of samples of 25 or 50 rows, and in 92 to 98 % of 200 or 1000. Without the start
        at 0 a true importance of 0 was never held; bias-corrected bootstraps (BC, BCa)
        held the others in about 80 % with 50 rows and 88 % with 200.

        Amounts with a long tail are another matter, since most samples lack the largest. Of
        log-normal ones whose logarithm varies by 1 or 1.5 beside the factors, importance was
        held in as few as 73 and 31 % of samples, with 1000 rows as well: take the logarithm.

        References
        ----------
        .. [1] U. Grömping, "Relative Importance for Linear Regression in R: The Package
           relaimpo", Journal of Statistical Software 17(1), 1-27, 2006.
        """
        confidence = confidence_level(confidence)
        one_of("figure", figure, ("importance", "correlation"))
        estimate = self.importance if figure == "importance" else self.correlation
        draws = _at_least("resamples", resamples, 100), count("seed", seed)
        if math.isnan(self.adjusted_r_squared):
            unknown = np.full(len(self.names), np.nan)
            return frozen(unknown), frozen(unknown)
        drawn: list[NDArray[np.float64]] = []
        for tables in resampled_correlations(self.scores, *draws):
            varies = tables[tables[:, -1, -1] > 0]
            between, with_outcome = varies[:, :-1, :-1], varies[:, -1, :-1]
            if figure == "importance":
                with_outcome = _PARTS[self.method](between, with_outcome)
            drawn.append(with_outcome)
        tail = (1 - confidence) / 2
        low, high = np.quantile(np.concatenate(drawn), [tail, 1 - tail], axis=0)
        # A figure that no draw changes, as of a factor that does not vary, is not thereby sure.
        estimate = np.where(high - low > 1e-12, estimate, np.nan)
        if figure == "importance":
            by_chance = self.chance_importance(confidence, resamples=resamples, seed=seed)
            low = np.where(estimate > by_chance, low, 0)
        return frozen(np.minimum(low, estimate)), frozen(np.maximum(high, estimate))

    def chance_importance(
        self, confidence: float = 0.95, *, resamples: int = 2000, seed: int = 0
    ) -> NDArray[np.float64]:
        """
        Importance that factors like these reach for an outcome they have nothing to do with.

        Parameters
        ----------
        confidence : float, default 0.95
            Share of such surveys in which a factor stays below the result [fraction].
        resamples : int, default 2000
            How many such outcomes are drawn, at least 100.
        seed : int, default 0
            Start of the random numbers.

        Returns
        -------
        ndarray of float64, shape (k,)
            Importance that only chance makes, in all but few surveys [fraction]. NaN exactly
            if there are not at least two rows more than there are (independent) factors.

        Raises
        ------
        TypeError
            If an argument is not a number.
        ValueError
            As for `interval`.

        Notes
        -----
        Outcomes are drawn from a normal distribution; the factors stay as they are.
        """
        confidence = confidence_level(confidence)
        draws = _at_least("resamples", resamples, 100), count("seed", seed)
        k = len(self.names)
        if self._spare <= 0:
            return frozen(np.full(k, np.nan))
        between = _table(self.scores)[:-1, :-1]
        by_chance = correlations_by_chance(between, self.n, *draws)
        parts = _PARTS[self.method](between, by_chance)
        return frozen(np.quantile(parts, confidence, axis=0))

    def quadrants(
        self, *, importance_from: float | None = None, performance_from: float | None = None
    ) -> tuple[DriverQuadrant | None, ...]:
        """
        Set importance against performance: where to concentrate, and where not.

        Parameters
        ----------
        importance_from : float, optional
            Importance from which a factor counts as important, by default the mean of all.
        performance_from : float, optional
            Performance from which the firm does well, by default the mean of all, which
            takes it for granted that all factors are on one scale.

        Returns
        -------
        tuple of DriverQuadrant or None
            For each factor CONCENTRATE (important, done badly), KEEP_UP (important, done
            well), LOW_PRIORITY (neither) or OVERDONE (done well, of little importance);
            None where importance is not known.

        Raises
        ------
        TypeError
            If a limit is not a number.

        Notes
        -----
        The table of Martilla and James [1]_. With means as limits a factor is judged by the
        others: some are always below the mean, however well all are done. A factor with a
        negative correlation may be important too, and doing more of it is then no remedy.

        References
        ----------
        .. [1] J. A. Martilla and J. C. James, "Importance-Performance Analysis", Journal of
           Marketing 41(1), 77-79, 1977.
        """
        important = _reaches("importance_from", self.importance, importance_from)
        done_well = _reaches("performance_from", self.performance, performance_from)
        # In the order of the labels: important ones first, of the others bad ones first.
        place = np.where(important, done_well, 2 + done_well)
        known = ~np.isnan(self.importance)
        return tuple(
            DriverQuadrant(code) if is_known else None
            for code, is_known in zip(place.tolist(), known.tolist(), strict=True)
        )

    @property
    def summary(self) -> str:
        """The findings in sentences, and what they do not say."""
        if math.isnan(self.r_squared):
            return f"The outcome does not vary, {self.n} rows: nothing can be seen to go with it."
        share, n = self.r_squared, self.n
        lines = [f"The factors account for {share:.0%} of the variation in the outcome, {n} rows."]
        for j in self._order:
            way = "lower" if self.correlation[j] < 0 else "higher"
            with_it = f", a higher value going with a {way} outcome"
            if math.isnan(self.correlation[j]):
                with_it = ", since it does not vary"
            lines.append(f"{self.names[j]}: {self.importance[j]:.1%}{with_it}.")
        lines.append(
            "This is association, not cause: raising a factor need not raise the outcome, "
            "which an experiment with a control group can tell."
        )
        return "\n".join(lines)

    def equals(self, other: "KeyDrivers") -> bool:
        """
        Tell whether another result comes from the same rows and has the same figures.

        Parameters
        ----------
        other : KeyDrivers
            The result to compare with.

        Returns
        -------
        bool
            True if names, method, rows and all figures agree.
        """
        mine, theirs = ((x.names, x.method, x.dropped) for x in (self, other))
        return mine == theirs and all(
            np.array_equal(first, second, equal_nan=True)
            for first, second in (
                (self.importance, other.importance),
                (self.correlation, other.correlation),
                (self.performance, other.performance),
                (self.scores, other.scores),
            )
        )

    @property
    def _order(self) -> list[int]:
        # Equal importances may differ by rounding.
        order: list[int] = np.argsort(-self.importance.round(12), kind="stable").tolist()
        return order

    @property
    def _spare(self) -> int:
        """Rows beyond those that the independent factors and the mean take up."""
        values = np.linalg.eigvalsh(_table(self.scores)[:-1, :-1])
        return self.n - 1 - int(np.count_nonzero(values > 1e-10))


def key_drivers(
    factors: Table,
    outcome: ArrayLike | Iterable[Any],
    *,
    names: Iterable[str] | None = None,
    method: Literal["auto", "shapley", "johnson"] = "auto",
    lowest: ArrayLike | None = None,
    highest: ArrayLike | None = None,
    missing: Missing = "raise",
) -> KeyDrivers:
    r"""
    Tell how much of an outcome goes with each of several factors that also go together.

    Customers who trust a firm are satisfied with it too, so that neither a list of
    correlations, which counts what they share twice, nor the coefficients of one
    regression, which toss for it, says what matters. Here each factor gets the mean of
    what it adds to the others, and all of them add up to what they account for together.

    None of this shows a cause. Those who buy often may come to trust; a third thing, such as
    a shop close by, may raise both; and a factor that nobody asked about may be behind all.
    What follows from raising a factor, an experiment tells: see `program_effect`.

    Parameters
    ----------
    factors : array_like, shape (n, k), or mapping of str to array_like, shape (n,)
        One figure for each customer and factor, such as answers about trust or status; a
        customer who is there twice makes everything look surer than it is.
    outcome : array_like, shape (n,)
        What the factors may go with: an answer, an amount, or truth values such as whether
        the customer bought again, which count as 1 and 0.
    names : iterable of str, optional
        The factors; by default those of the mapping or data frame.
    method : {"auto", "shapley", "johnson"}, default "auto"
        How to split what factors share: by Shapley's value up to 12 factors, by Johnson's
        relative weights beyond, or one of them by name.
    lowest, highest : float or array_like, shape (k,), optional
        Ends of the scale of all factors, or of each. With them, performance runs from 0
        to 1.
    missing : {"raise", "drop"}, default "raise"
        What to do with a row in which something is missing: refuse it, or leave it out and
        count it in `KeyDrivers.dropped`.

    Returns
    -------
    KeyDrivers
        Importance, correlation and performance of each factor. Importance and correlation
        are NaN exactly as described there; with fewer rows than factors, importances add
        up to 1 whatever they are, and `KeyDrivers.interval` is NaN.

    Raises
    ------
    TypeError
        If ``factors`` or ``outcome`` does not hold numbers, or has the wrong dimensions.
    ValueError
        If something is missing and ``missing`` is "raise", if a number is infinite or
        beyond 1e140 in size, if a factor is not on its scale, if only one end of the scale
        is given or the lower is not less than the higher, if lengths or names do not fit, if
        there is no factor, or if there are more than 12 for "shapley".

    See Also
    --------
    KeyDrivers.interval : How sure the figures are.
    attachment_index : One figure from several factors.

    Notes
    -----
    With :math:`R^2(S)` of the regression of the outcome on the factors of a set :math:`S`,
    Shapley's value [1]_ (LMG [2]_) is the mean gain over all orders in which they may join,

    .. math::
        \phi_j = \sum_{S \not\ni j} \frac{|S|!\,(k - 1 - |S|)!}{k!}
                 \left( R^2(S \cup j) - R^2(S) \right)

    Johnson's weights [3]_ give :math:`R^2` to the uncorrelated factors closest to those
    given, and hand it on by squared correlation. Both add up to :math:`R^2`, are never
    negative, agree exactly for two factors and for uncorrelated ones, and split equally
    among factors that say the same. For truth values the regression is a linear
    probability model: R squared is that of the 0 and 1, and small by nature.

    References
    ----------
    .. [1] L. S. Shapley, "A Value for n-Person Games", Contributions to the Theory of Games
       II, Princeton University Press, 307-317, 1953.
    .. [2] R. H. Lindeman, P. F. Merenda and R. Z. Gold, Introduction to Bivariate and
       Multivariate Analysis. Glenview, IL: Scott, Foresman, 1980.
    .. [3] J. W. Johnson, "A Heuristic Method for Estimating the Relative Weight of Predictor
       Variables in Multiple Regression", Multivariate Behavioral Research 35, 1-19, 2000.

    Examples
    --------
    Twelve customers were asked about three factors, from 1 to 5, and how likely they are to
    come again, from 0 to 10. What goes with coming again?

    >>> from loyalkit import key_drivers
    >>> drivers = key_drivers(
    ...     {
    ...         "trust": [4, 4, 5, 2, 3, 3, 5, 1, 4, 5, 3, 2],
    ...         "status": [3, 1, 2, 1, 3, 1, 3, 1, 1, 2, 1, 1],
    ...         "attention": [4, 5, 4, 4, 3, 5, 4, 4, 5, 3, 4, 4],
    ...     },
    ...     [8, 6, 8, 3, 7, 4, 10, 2, 5, 9, 5, 3],
    ...     lowest=1,
    ...     highest=5,
    ... )
    >>> drivers.importance.round(2), round(drivers.r_squared, 2)
    (array([0.57, 0.35, 0.07]), 0.98)
    >>> drivers.correlation.round(2)
    array([ 0.91,  0.8 , -0.36])

    Where would it pay to look first? Status matters, and the firm does badly in it:

    >>> drivers.performance.round(2), [quadrant.name for quadrant in drivers.quadrants()]
    (array([0.6 , 0.17, 0.77]), ['KEEP_UP', 'CONCENTRATE', 'OVERDONE'])

    How sure is each importance, with so few customers?

    >>> low, high = drivers.interval()
    >>> low.round(1), high.round(1)
    (array([0.4, 0.2, 0. ]), array([0.7, 0.5, 0.2]))
    """
    one_of("method", method, ("auto", "shapley", "johnson"))
    one_of("missing", missing, ("raise", "drop"))
    names, table = named_columns("factors", factors, names)
    k = len(names)
    if not k:
        refuse("factors", "must have at least one column", k)
    if method == "shapley" and k > _MOST:
        refuse("method", f"must not be 'shapley' for more than {_MOST} factors", method)
    chosen: ImportanceMethod = "shapley" if method != "johnson" and k <= _MOST else "johnson"
    result = _outcome(outcome)
    same_length(factors=table[:, 0], outcome=result)
    rows = np.column_stack([table, result])
    gaps = np.isnan(rows)
    incomplete = gaps.any(axis=1)
    if incomplete.any() and missing == "raise":
        advice = "must not be missing: missing='drop' leaves such rows out and counts them"
        refuse_first("factors", advice, table, gaps[:, :-1])
        refuse_first("outcome", advice, result, gaps[:, -1])
    rows = rows[~incomplete] if incomplete.any() else rows
    too_large = np.abs(rows) > 1e140
    refuse_first("factors and outcome", "must be small enough to be squared", rows, too_large)
    scores = standard_scores(rows)
    related = _table(scores)
    varies = np.diagonal(related) > 0
    parts = np.where(
        varies[:-1], np.maximum(_PARTS[chosen](related[:-1, :-1], related[-1, :-1]), 0), 0
    )
    return KeyDrivers(
        names=names,
        importance=parts if varies[-1] else np.full(k, np.nan),
        correlation=np.where(varies[:-1] & varies[-1], related[-1, :-1], np.nan),
        performance=_performance(rows[:, :-1], table, lowest, highest),
        method=chosen,
        scores=scores,
        dropped=int(np.count_nonzero(incomplete)),
    )


def _outcome(outcome: ArrayLike | Iterable[Any]) -> NDArray[np.float64]:
    """Numbers, or 1 and 0 for truth values; NaN where missing."""
    values, missing = column("outcome", outcome)
    given: Any = ... if missing is None else ~missing
    known = values[given]
    if known.dtype.kind == "O" and all(map(is_bool, known.tolist())):
        known = known.astype(bool)
    result = np.full(values.size, np.nan)
    result[given] = known if known.dtype.kind == "b" else as_exact("outcome", known)
    return result


def _table(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Correlations of what varies, exactly 1 with itself."""
    return np.clip(correlations(scores.T @ scores / max(1, len(scores))), -1, 1)


def _performance(
    used: NDArray[np.float64],
    given: NDArray[np.float64],
    lowest: ArrayLike | None,
    highest: ArrayLike | None,
) -> NDArray[np.float64]:
    if (lowest is None) != (highest is None):
        refuse("lowest", "must be given with highest, or neither", lowest)
    k = used.shape[1]
    means = used.mean(axis=0) if len(used) else np.full(k, np.nan)
    if lowest is None or highest is None:
        return means
    low, high = by_column("lowest", lowest, k), by_column("highest", highest, k)
    refuse_together("lowest must be less than highest", low >= high, lowest=low, highest=high)
    rule = "must be on the scale from lowest to highest"
    refuse_first("factors", rule, given, (given < low) | (given > high))
    return np.clip((means - low) / (high - low), 0, 1)


def _reaches(name: str, figures: NDArray[np.float64], limit: float | None) -> NDArray[np.bool_]:
    mean = float(figures.mean())
    start = mean - 1e-12 * abs(mean) if limit is None else number(name, limit)
    return figures >= start


def _at_least(name: str, value: Any, fewest: int) -> int:
    given = count(name, value)
    if given < fewest:
        refuse(name, f"must be at least {fewest}", value)
    return given
