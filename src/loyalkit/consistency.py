"""
Do several questions measure one thing: Cronbach's alpha and what belongs to it.

Conventions: items are columns of answers that point the same way; only customers who
answered all of them count. Variances have n - 1 below them, and alpha is the raw one,
from variances as they are, not from correlations.
"""

import math
from collections.abc import Iterable
from typing import Any, Literal, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from loyalkit._distributions import normal_quantile_two_sided, student_quantile_two_sided
from loyalkit._messages import refuse
from loyalkit._scalars import confidence_level, nan_safe, nan_safe_each, one_of
from loyalkit._tables import Table, named_columns
from loyalkit.intervals import Interval

AlphaMethod: TypeAlias = Literal["wider", "bonett", "distribution_free"]
"""Kinds of interval for alpha."""

__all__ = ["Consistency", "internal_consistency"]

_ROUNDING = 1e-12


@attrs.frozen(kw_only=True)
class Consistency:
    """
    How far several questions measure one thing, and what each adds to that.

    Made by `internal_consistency`.

    Parameters
    ----------
    names : tuple of str
        The items.
    n : int
        Customers who answered all items [customers].
    n_incomplete : int
        Customers left out since an answer of theirs is missing [customers].
    alpha : float
        Cronbach's alpha, at most 1. Below 0 if items contradict one another more than
        they agree: most often one that points the other way was not turned round. NaN
        exactly if there is one item, if fewer than two customers answered all, or if
        their sums of answers are all equal.
    log_variance : float
        Estimated variance of ln(1 - alpha) that takes no distribution for granted.
    alpha_if_dropped : tuple of float
        Alpha of the other items, for each item.
    item_total : tuple of float
        Correlation of each item with the sum of the others; NaN exactly if one of the
        two does not vary.

    See Also
    --------
    internal_consistency : What the figures mean, and an example.
    """

    names: tuple[str, ...]
    n: int
    n_incomplete: int
    alpha: float = attrs.field(eq=nan_safe)
    log_variance: float = attrs.field(eq=nan_safe, repr=False)
    alpha_if_dropped: tuple[float, ...] = attrs.field(eq=nan_safe_each)
    item_total: tuple[float, ...] = attrs.field(eq=nan_safe_each)

    def interval(self, confidence: float = 0.95, *, method: AlphaMethod = "wider") -> Interval:
        r"""
        Range for the alpha of all customers like these.

        Parameters
        ----------
        confidence : float, default 0.95
            Confidence of the interval [fraction].
        method : {"wider", "bonett", "distribution_free"}, default "wider"
            Bonett's, one that takes no distribution for granted, or as far to each side
            as the farther of the two.

        Returns
        -------
        Interval
            Interval of alpha. NaN exactly if alpha is NaN or 1, or if fewer than three
            customers answered all items.

        Raises
        ------
        ValueError
            If ``confidence`` is not between 0 and 1, or ``method`` is none of the three.

        Notes
        -----
        Both work on :math:`L = \ln(1 - \hat\alpha)`. Bonett [1]_ takes items for normal and
        alike: :math:`L - \ln \frac{n}{n - 1} \pm z \sqrt{2 k / ((k - 1)(n - 2))}`. The other [2]_
        takes the standard error from the influence of each customer on :math:`L`, with the
        quantile of Student's t.

        Answers crowded at one end of the scale, as those of loyal customers are, break
        both. Of 6000 samples each, intervals of 95 % held the true alpha of seven items in

        ============================  ====  ======  =================  =====
        answers                          n  Bonett  distribution-free  wider
        ============================  ====  ======  =================  =====
        normal                          20    95 %               92 %   96 %
        normal                         100    95 %               94 %   96 %
        1 to 5, four in five are 5      20    79 %               74 %   84 %
        1 to 5, four in five are 5     100    76 %               88 %   89 %
        1 to 5, four in five are 5     300    75 %               92 %   92 %
        1 to 5, 19 in 20 are 5         100    44 %               72 %   72 %
        ============================  ====  ======  =================  =====

        Feldt's interval, from the F distribution, differs from Bonett's by 1 % at most.

        References
        ----------
        .. [1] D. G. Bonett, "Sample Size Requirements for Testing and Estimating
           Coefficient Alpha", Journal of Educational and Behavioral Statistics 27,
           335-340, 2002.
        .. [2] A. Maydeu-Olivares, D. L. Coffman and W. M. Hartmann, "Asymptotically
           Distribution-Free (ADF) Interval Estimation of Coefficient Alpha",
           Psychological Methods 12, 157-176, 2007.

        Examples
        --------
        >>> from loyalkit import internal_consistency
        >>> answers = [[5, 4, 4], [4, 4, 5], [2, 3, 2], [3, 3, 3], [5, 5, 4], [1, 2, 2]]
        >>> interval = internal_consistency(answers).interval()
        >>> round(interval.low, 2), round(interval.high, 2)
        (0.68, 0.99)
        """
        one_of("method", method, ("wider", "bonett", "distribution_free"))
        confidence = confidence_level(confidence)
        unlike = 1 - self.alpha
        if self.n < 3 or not unlike > _ROUNDING:
            return Interval(math.nan, math.nan, confidence, bounds=(-math.inf, 1.0))
        k, n, centre = len(self.names), self.n, math.log(unlike)
        bonett = normal_quantile_two_sided(confidence) * math.sqrt(2 * k / ((k - 1) * (n - 2)))
        free = student_quantile_two_sided(confidence, n - 1) * math.sqrt(self.log_variance)
        shift = -math.log(n / (n - 1))
        reaches = {
            "bonett": (shift - bonett, shift + bonett),
            "distribution_free": (-free, free),
            "wider": (min(shift - bonett, -free), max(shift + bonett, free)),
        }
        down, up = reaches[method]
        low, high = 1 - math.exp(centre + up), 1 - math.exp(centre + down)
        return Interval(low, high, confidence, bounds=(-math.inf, 1.0))


def internal_consistency(items: Table, *, names: Iterable[str] | None = None) -> Consistency:
    r"""
    Tell how far several questions measure one thing: Cronbach's alpha, item by item too.

    Alpha says whether customers who answer one question high answer the others high. It is
    a property of these answers, not of the questionnaire, and grows with the number of
    questions; a high one does not show that there is one thing, nor that it is the thing
    the questions are named for. Where items *form* what is measured, as the factors of
    emotional loyalty do, they need not agree, and a low alpha is no fault.

    Parameters
    ----------
    items : array_like, shape (n, k), or mapping of str to array_like, shape (n,)
        Answers of each customer to each of k questions that point the same way; None or
        NaN where there is none. Customers without all answers are left out and counted.
    names : iterable of str, optional
        Names of the items; by default those of the mapping or data frame.

    Returns
    -------
    Consistency
        Alpha, alpha if each item is dropped, and how each item goes with the others.

    Raises
    ------
    TypeError
        If ``items`` does not hold numbers, or an array has not two dimensions.
    ValueError
        If a number is infinite or beyond 1e140 in size, if columns differ in length, or
        if names do not fit.

    See Also
    --------
    attachment_index : Does this for the factors of emotional loyalty.

    Notes
    -----
    With variances :math:`s_j^2` of the k items and :math:`s_T^2` of their sum [1]_,

    .. math:: \alpha = \frac{k}{k - 1} \left(1 - \frac{\sum_j s_j^2}{s_T^2}\right)

    References
    ----------
    .. [1] L. J. Cronbach, "Coefficient Alpha and the Internal Structure of Tests",
       Psychometrika 16, 297-334, 1951.

    Examples
    --------
    Six customers answered three questions from 1 to 5. Do these go together?

    >>> from loyalkit import internal_consistency
    >>> answers = {
    ...     "trust": [5, 4, 2, 3, 5, 1],
    ...     "credibility": [4, 4, 3, 3, 5, 2],
    ...     "exclusivity": [4, 5, 2, 3, 4, 2],
    ... }
    >>> consistency = internal_consistency(answers)
    >>> round(consistency.alpha, 3), consistency.n
    (0.93, 6)
    >>> [round(x, 2) for x in consistency.alpha_if_dropped]
    [0.88, 0.89, 0.92]
    """
    names, answers = named_columns("items", items, names)
    complete = answers[~np.isnan(answers).any(axis=1)]
    too_large = np.abs(complete) > 1e140
    if too_large.any():
        refuse("items", "must be small enough to be squared", complete[too_large][0])
    return consistency_of(names, complete, len(answers) - len(complete))


def consistency_of(
    names: tuple[str, ...], complete: NDArray[np.float64], n_incomplete: int
) -> Consistency:
    """Consistency of answers without a gap."""
    n, k = complete.shape
    centred = complete - (complete.mean(axis=0) if n else 0.0)
    if n:
        # The mean of equal answers may miss them by a bit.
        centred[:, complete.min(axis=0) == complete.max(axis=0)] = 0
    # No figure depends on the unit; by a power of 2, which changes no digit.
    centred = np.ldexp(centred, -np.frexp(np.abs(centred).max(initial=0))[1])
    covariance = centred.T @ centred / (n - 1 if n > 1 else math.nan)
    own, with_sum = np.diag(covariance), covariance.sum(axis=1)
    parts, total = float(own.sum()), float(with_sum.sum())
    # A sum that does not vary leaves rounding errors of the size of its parts.
    rounding = k * parts * _ROUNDING
    rest = total - 2 * with_sum + own
    rest = np.where(rest > rounding, rest, np.nan)
    total = total if total > rounding else math.nan
    spread = np.sqrt(np.where(own > 0, own, np.nan) * rest)
    return Consistency(
        names=names,
        n=n,
        n_incomplete=n_incomplete,
        alpha=float(_alpha(k, parts, total)),
        log_variance=_log_variance(centred, parts, total),
        alpha_if_dropped=tuple(_alpha(k - 1, parts - own, rest).tolist()),
        item_total=tuple(np.clip((with_sum - own) / spread, -1, 1).tolist()),
    )


def _alpha(k: int, parts: Any, total: Any) -> Any:
    # One item cannot agree with itself, though rounding may make it seem so.
    return k / (k - 1) * (1 - parts / total) if k > 1 else np.nan * total


def _log_variance(centred: NDArray[np.float64], parts: float, total: float) -> float:
    """Variance of ln(1 - alpha), from the influence of each customer on it."""
    n, k = centred.shape
    if k < 2 or math.isnan(total):
        return math.nan
    squares, square = np.square(centred).sum(axis=1), np.square(centred.sum(axis=1))
    factor = k / (k - 1)
    unlike = 1 - factor * (1 - parts / total)
    influence = squares / total - square * (parts / total**2)
    influence -= influence.mean()
    influence *= factor / unlike if unlike > _ROUNDING else math.nan
    variance: float = influence @ influence * n / (n - 1) ** 3
    return variance
