"""
Who stayed from each period of a log to the next, and whether that changed.

Conventions: as in `loyalkit.retention`. Transition i leads from period i to period
i + 1 and bears the label of the latter. A transition is finished if both its periods
were observed whole.
"""

import math
from collections.abc import Sequence
from functools import partial
from typing import Any, Literal, NamedTuple, SupportsIndex, TypeAlias, overload

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray
from typing_extensions import override

from loyalkit._arrays import confidence_level, distinct_labels, fraction, frozen, positions
from loyalkit._distributions import normal_quantile_two_sided, normal_two_sided_p
from loyalkit._kernels import pack_bits
from loyalkit.activity import Activity
from loyalkit.intervals import Difference, Interval
from loyalkit.retention import RetentionCounts

TargetVerdict: TypeAlias = Literal["met", "missed", "cannot tell"]
"""What a figure's interval says about the goal set for it."""

_TARGET_VERDICTS: dict[str, TargetVerdict] = {
    "above": "met",
    "below": "missed",
    "unclear": "cannot tell",
}


@attrs.frozen(kw_only=True)
class RetentionSeries(Sequence[RetentionCounts]):
    """
    Retention from each period to the next: a sequence of `RetentionCounts`.

    Made by `retention_by_period`; item i tells what became of the customers of
    period i in period i + 1.

    Parameters
    ----------
    transitions : tuple of RetentionCounts
        The counts, earliest first.
    labels : tuple of str
        Label of the later period of each transition.
    finished : ndarray of bool, shape (P - 1,)
        Whether both periods of a transition were observed whole.
    history_known : bool
        Whether it is known who had been a customer before the first period. Without
        that, "new" in the early periods includes customers who came back.

    Examples
    --------
    >>> import numpy as np
    >>> from loyalkit import Activity, retention_by_period
    >>> series = retention_by_period(Activity.from_table([[True, True], [True, False]]))
    >>> len(series), series[0].rate
    (1, 0.5)
    """

    transitions: tuple[RetentionCounts, ...]
    labels: tuple[str, ...]
    finished: NDArray[np.bool_] = attrs.field(converter=frozen, eq=np.ndarray.tobytes)
    history_known: bool

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(RetentionSeries, **attrs.asdict(self, recurse=False)), ()

    @overload
    def __getitem__(self, index: int) -> RetentionCounts: ...
    @overload
    def __getitem__(self, index: slice) -> "RetentionSeries": ...
    @override
    def __getitem__(self, index: int | slice) -> "RetentionCounts | RetentionSeries":
        if isinstance(index, slice):
            return RetentionSeries(
                transitions=self.transitions[index],
                labels=self.labels[index],
                finished=self.finished[index],
                history_known=self.history_known,
            )
        return self.transitions[index]

    @override
    def __len__(self) -> int:
        return len(self.transitions)

    @property
    def rates(self) -> NDArray[np.float64]:
        """Retention rates, shape (P - 1,) [fraction]; NaN where nobody was there before."""
        return frozen(np.array([transition.rate for transition in self], dtype=np.float64))

    def against(self, target: float, *, confidence: float = 0.95) -> tuple[TargetVerdict, ...]:
        """
        Hold each period against a goal.

        Parameters
        ----------
        target : float
            Retention rate aimed at [fraction].
        confidence : float, default 0.95
            Confidence of the intervals that decide [fraction].

        Returns
        -------
        tuple of {"met", "missed", "cannot tell"}
            "met" if the whole interval lies above the target, "missed" if below;
            "cannot tell" if the target lies inside, if nobody could have been retained,
            or if one of the two periods is unfinished.

        Raises
        ------
        ValueError
            If ``target`` is not a fraction from 0 to 1.

        Notes
        -----
        Of twenty verdicts at 95 % on customers who do not change, about one is a false
        alarm or a false cheer.

        Examples
        --------
        >>> from loyalkit import Activity, retention_by_period
        >>> table = [[True, True]] * 90 + [[True, False]] * 10
        >>> retention_by_period(Activity.from_table(table)).against(0.8)
        ('met',)
        """
        target = fraction("target", target)
        return tuple(
            _TARGET_VERDICTS[transition.interval(confidence).verdict(target)]
            if finished
            else "cannot tell"
            for transition, finished in zip(self.transitions, self.finished.tolist(), strict=True)
        )


def retention_by_period(
    activity: Activity, *, known_before: ArrayLike | None = None
) -> RetentionSeries:
    """
    Follow the customers of a log from each period to the next.

    Parameters
    ----------
    activity : Activity
        Who was active in which of P periods.
    known_before : array_like, optional
        Ids of everybody who had been a customer before the first period. Ids that are
        not in the activity do no harm. Whoever has rows before the first period is known
        anyway.

    Returns
    -------
    RetentionSeries
        P - 1 counts of retained, lost, new and reactivated customers, empty for one
        period. `RetentionSeries.history_known` tells whether ``known_before`` was given.

    Raises
    ------
    TypeError
        If ``known_before`` holds ids of another kind than the activity.
    ValueError
        If an id is missing.

    See Also
    --------
    retention_difference : Is it worse than it was?

    Examples
    --------
    >>> from loyalkit import Activity, Periods, Transactions, retention_by_period
    >>> log = Transactions.from_arrays(
    ...     customers=["Ada", "Bo", "Ada", "Cleo", "Bo"],
    ...     times=["2024-01-05", "2024-01-20", "2024-02-03", "2024-02-10", "2024-03-01"],
    ... )
    >>> months = Periods.between("2024-01-01", "2024-04-01", "month")
    >>> series = retention_by_period(Activity.from_transactions(log, months))
    >>> series.labels, series.rates.tolist()
    (('2024-02', '2024-03'), [0.5, 0.0])
    >>> series[1].reactivated
    1
    """
    bits = activity.bits
    seen = bits[0] | _bits_of(activity, known_before)
    transitions: list[RetentionCounts] = []
    labels = activity.periods.labels
    for earlier, later, label in zip(bits[:-1], bits[1:], labels[1:], strict=True):
        arrived = later & ~earlier
        new = _population(arrived & ~seen)
        transitions.append(
            RetentionCounts(
                retained=_population(earlier & later),
                lost=_population(earlier & ~later),
                new=new,
                reactivated=_population(arrived) - new,
                periods=(label,),
            )
        )
        seen |= later
    finished = activity.periods.finished
    return RetentionSeries(
        transitions=tuple(transitions),
        labels=labels[1:],
        finished=finished[:-1] & finished[1:],
        history_known=known_before is not None,
    )


def _bits_of(activity: Activity, known_before: ArrayLike | None) -> NDArray[np.uint64]:
    known = activity.seen_before.copy()
    if known_before is not None:
        ids = distinct_labels("known_before", known_before)
        found = positions("known_before", activity.customer_ids, ids)
        known[found[found >= 0]] = True
    return pack_bits(known)


def _population(bits: NDArray[np.uint64]) -> int:
    return int(np.bitwise_count(bits).sum(dtype=np.int64))


class _Scores(NamedTuple):
    rate: float
    outcomes: tuple[tuple[NDArray[np.uint64], float], ...]


def _scores(bits: NDArray[np.uint64], step: int) -> _Scores:
    """Rate of a transition, and (y - r x) / n of those lost, those kept and those not at risk."""
    kept, lost = bits[step] & bits[step + 1], bits[step] & ~bits[step + 1]
    n = _population(bits[step]) or math.nan
    rate = _population(kept) / n
    return _Scores(rate, ((lost, -rate / n), (kept, (1 - rate) / n), (~bits[step], 0.0)))


def retention_difference(
    activity: Activity,
    first: SupportsIndex,
    second: SupportsIndex,
    *,
    confidence: float = 0.95,
) -> Difference:
    r"""
    Tell whether retention changed between two transitions of the same customers.

    Parameters
    ----------
    activity : Activity
        Who was active in which of P periods.
    first, second : int
        Positions of the transitions in `retention_by_period`, 0 to P - 2; negative
        positions count from the end.
    confidence : float, default 0.95
        Confidence of the interval [fraction].

    Returns
    -------
    Difference
        Second rate minus first [fraction]. NaN if nobody was there at the start of a
        transition; interval and p-value are NaN too if in each of the two everybody or
        nobody was retained, since such data show no variation to judge by.

    Raises
    ------
    IndexError
        If there is no such transition.

    See Also
    --------
    RetentionCounts.difference : Groups without a common customer.

    Notes
    -----
    Whoever was at risk twice counts twice, and those two outcomes hang together. The
    error is therefore clustered by customer: with :math:`x_{ti}` at risk,
    :math:`y_{ti}` retained, :math:`n_t` at risk in all and rate :math:`r_t`,

    .. math::
        z_i = \frac{y_{2i} - r_2 x_{2i}}{n_2} - \frac{y_{1i} - r_1 x_{1i}}{n_1},
        \qquad \mathrm{SE}^2 = \sum_i z_i^2

    A change between two periods is not yet the effect of what was done between them.

    References
    ----------
    .. [1] W. G. Cochran, Sampling Techniques, 3rd ed. New York: Wiley, 1977, ch. 6.

    Examples
    --------
    >>> from loyalkit import Activity, retention_difference
    >>> table = [[True, True, True]] * 60 + [[True, True, False]] * 20 + [[True, False, True]] * 20
    >>> difference = retention_difference(Activity.from_table(table), 0, 1)
    >>> round(difference.estimate, 3), difference.verdict()
    (-0.05, 'unclear')
    """
    z = normal_quantile_two_sided(confidence_level(confidence))
    steps = range(activity.n_periods - 1)
    before, after = (_scores(activity.bits, steps[step]) for step in (first, second))
    # Customers with the same two outcomes have the same z: nine cells, counted by bits.
    variance = sum(
        _population(cell & other_cell) * (score - other_score) ** 2
        for cell, score in after.outcomes
        for other_cell, other_score in before.outcomes
        if score or other_score
    )
    estimate, error = after.rate - before.rate, math.sqrt(variance)
    known = error > 0
    low = max(-1.0, estimate - z * error) if known else math.nan
    high = min(1.0, estimate + z * error) if known else math.nan
    return Difference(
        estimate,
        Interval(low, high, confidence),
        normal_two_sided_p(estimate / error) if known else math.nan,
        "z-test, errors clustered by customer",
    )
