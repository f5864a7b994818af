"""
Who stayed from each period of a log to the next, and whether that changed.

Conventions: as in `loyalkit.retention`. Transition i leads from period i to period
i + 1 and bears the label of the latter. A transition is finished if both its periods
were observed whole.
"""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Literal, NamedTuple, SupportsIndex, TypeAlias, overload

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray
from typing_extensions import override

from loyalkit._arrays import fractions, frozen, same_length
from loyalkit._distributions import normal_two_sided_p
from loyalkit._kernels import pack_bits
from loyalkit._labels import distinct_labels, positions
from loyalkit._messages import instance, refuse, refuse_type
from loyalkit._scalars import simple_fraction, transition_at
from loyalkit._table_text import html_of_table, percent_text, text_table
from loyalkit.activity import Activity
from loyalkit.intervals import Difference, Interval, wilson_interval
from loyalkit.retention import RetentionCounts

TargetVerdict: TypeAlias = Literal["met", "missed", "cannot tell"]
"""What a figure's interval says about the goal set for it."""

Target: TypeAlias = ArrayLike | Mapping[str, float]
"""A goal for all transitions, one for each in their order, or one for each label."""

_TARGET_VERDICTS: dict[str, TargetVerdict] = {
    "above": "met",
    "below": "missed",
    "unclear": "cannot tell",
}


@attrs.frozen(kw_only=True, repr=False)
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
    >>> from loyalkit import Activity, retention_by_period
    >>> series = retention_by_period(Activity.from_table([[True, True], [True, False]]))
    >>> len(series), series[0].rate
    (1, 0.5)

    Shown as a table; a star marks what rests on an unfinished period:

    >>> series
         start  retained  lost  new  reactivated  end   rate
    1/2      2         1     1    0            0    1  50.0%
    """

    transitions: tuple[RetentionCounts, ...]
    labels: tuple[str, ...]
    finished: NDArray[np.bool_] = attrs.field(converter=frozen, eq=np.ndarray.tobytes)
    history_known: bool

    @override
    def __repr__(self) -> str:
        return text_table(*self._shown)

    def _repr_html_(self) -> str:
        return html_of_table(*self._shown)

    @property
    def _shown(self) -> tuple[list[str], list[str], list[list[int | str]]]:
        columns = ["start", "retained", "lost", "new", "reactivated", "end", "rate"]
        marks = ["" if finished else "*" for finished in self.finished]
        labels = [f"{label}{mark}" for label, mark in zip(self.labels, marks, strict=True)]
        cells: list[list[int | str]] = [
            [
                x.customers_at_start,
                *(x.retained, x.lost, x.new, x.reactivated),
                x.customers_at_end,
                percent_text(x.rate),
            ]
            for x in self
        ]
        return labels, columns, cells

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

    def to_rows(self, *, confidence: float = 0.95) -> list[dict[str, Any]]:
        """
        Lay the series out for a table.

        Parameters
        ----------
        confidence : float, default 0.95
            Confidence of the intervals [fraction].

        Returns
        -------
        list of dict
            One row for each transition: period, finished, head counts, the four flows,
            the rate and the ends of its interval.

        Examples
        --------
        >>> from loyalkit import Activity, retention_by_period
        >>> rows = retention_by_period(Activity.from_table([[True, True]])).to_rows()
        >>> rows[0]["retained"], rows[0]["rate"]
        (1, 1.0)
        """
        rows: list[dict[str, Any]] = []
        for counts, label, finished in zip(self, self.labels, self.finished.tolist(), strict=True):
            interval = counts.interval(confidence)
            rows.append(
                {
                    "period": label,
                    "finished": finished,
                    "customers_at_start": counts.customers_at_start,
                    "customers_at_end": counts.customers_at_end,
                    "retained": counts.retained,
                    "lost": counts.lost,
                    "new": counts.new,
                    "reactivated": counts.reactivated,
                    "rate": counts.rate,
                    "low": interval.low,
                    "high": interval.high,
                }
            )
        return rows

    def against(self, target: Target, *, confidence: float = 0.95) -> tuple[TargetVerdict, ...]:
        """
        Hold each period against a goal, or against a path of goals.

        Parameters
        ----------
        target : float, sequence of float or mapping of str to float
            Retention rate aimed at: one for all transitions, one for each in their
            order, or one for each label [fraction]. Labels of other periods do no harm.
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
        TypeError
            If a target is not a number.
        ValueError
            If a target is not a fraction from 0 to 1, or if there is not one for each
            transition.

        See Also
        --------
        shortfall : How many customers are missing.

        Notes
        -----
        Where the true rate equals the target, about one of twenty verdicts at 95 % is
        "met" or "missed" all the same.

        Examples
        --------
        >>> from loyalkit import Activity, retention_by_period
        >>> table = [[True, True, True]] * 90 + [[True, False, False]] * 10
        >>> series = retention_by_period(Activity.from_table(table))
        >>> series.against(0.8)
        ('met', 'met')
        >>> series.against([0.8, 0.97])
        ('met', 'cannot tell')
        """
        intervals = (transition.interval(confidence) for transition in self)
        return tuple(
            _TARGET_VERDICTS[interval.verdict(goal)] if finished else "cannot tell"
            for interval, goal, finished in zip(
                intervals, self._goals(target), self.finished.tolist(), strict=True
            )
        )

    def shortfall(self, target: Target) -> NDArray[np.int64]:
        """
        Count how many more customers would have had to stay to reach a goal.

        Parameters
        ----------
        target : float, sequence of float or mapping of str to float
            Retention rate aimed at, as for `against` [fraction].

        Returns
        -------
        ndarray of int64, shape (P - 1,)
            Customers that each transition lacks [customers]; 0 where the rate reaches
            the target, or nobody could have been retained. Where a period is unfinished
            (`finished`), some may still come.

        Raises
        ------
        TypeError, ValueError
            As for `against`.

        Notes
        -----
        A lack of a few customers may be chance, which `against` tells.

        Examples
        --------
        >>> from loyalkit import Activity, retention_by_period
        >>> stay, leave = [True, True, True], [True, True, False]
        >>> table = [stay] * 70 + [leave] * 20 + [[True, False, False]] * 10
        >>> retention_by_period(Activity.from_table(table)).shortfall(0.8)
        array([0, 2])
        """
        lacking = [
            math.ceil(simple_fraction("target", goal) * transition.customers_at_start)
            - transition.retained
            for transition, goal in zip(self, self._goals(target), strict=True)
        ]
        return frozen(np.maximum(np.array(lacking, np.int64), 0))

    def _goals(self, target: Target) -> list[float]:
        """One target for each transition."""
        if isinstance(target, Mapping):
            absent = [label for label in self.labels if label not in target]
            if absent:
                refuse("target", f"must have a value for {absent[0]}", list(target))
            target = [target[label] for label in self.labels]
        goals = fractions("target", target)
        if goals.ndim > 1:
            refuse_type("target", "must be a scalar or one-dimensional", f"shape {goals.shape}")
        if goals.ndim:
            same_length(target=goals, transitions=self.rates)
        path: list[float] = np.broadcast_to(goals, len(self)).tolist()
        return path


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
    retention_difference : Whether it changed from one transition to another.

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
    instance("activity", activity, Activity)
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


class _Transition(NamedTuple):
    kept: NDArray[np.uint64]
    lost: NDArray[np.uint64]
    n_kept: int
    n: int

    @property
    def rate(self) -> float:
        return self.n_kept / self.n

    def outcomes(self, rate: float) -> tuple[tuple[NDArray[np.uint64], float], ...]:
        """Who was kept, lost or not at risk, each with (y - r x) / n."""
        others = ~(self.kept | self.lost)
        return (self.kept, (1 - rate) / self.n), (self.lost, -rate / self.n), (others, 0.0)


def _transition(bits: NDArray[np.uint64], step: int) -> _Transition:
    kept, lost = bits[step] & bits[step + 1], bits[step] & ~bits[step + 1]
    n_kept = _population(kept)
    return _Transition(kept, lost, n_kept, n_kept + _population(lost))


class _Moments(NamedTuple):
    before: float
    after: float
    common: float


def _moments(before: _Transition, after: _Transition, rates: tuple[float, float]) -> _Moments:
    """Sums of z1 z1, z2 z2 and z1 z2 over the customers."""
    # Customers with the same two outcomes have the same z: nine cells, counted by bits.
    cells = [
        (_population(first & second), x, y)
        for first, x in before.outcomes(rates[0])
        for second, y in after.outcomes(rates[1])
        if x or y
    ]
    return _Moments(
        math.fsum(n * x * x for n, x, _ in cells),
        math.fsum(n * y * y for n, _, y in cells),
        math.fsum(n * x * y for n, x, y in cells),
    )


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
        Second rate minus first [fraction], with an interval that contains it and the
        p-value of a z-test. NaN exactly if nobody was there at the start of one of the
        transitions.

    Raises
    ------
    TypeError
        If a position is not a whole number: that of a label is ``labels.index(label)``.
    IndexError
        If there is no such transition.
    ValueError
        If one of the periods is unfinished: what is missing would pass for a change.

    See Also
    --------
    RetentionCounts.difference : Groups without a common customer.

    Notes
    -----
    Whoever was at risk twice counts twice, and those two outcomes hang together. The
    errors are therefore clustered by customer: with :math:`x_{ti}` at risk,
    :math:`y_{ti}` retained, :math:`n_t` at risk in all and rate :math:`r_t`,

    .. math::
        z_{ti} = \frac{y_{ti} - r_t x_{ti}}{n_t}, \qquad
        \rho = \frac{\sum_i z_{1i} z_{2i}}{\sqrt{\sum_i z_{1i}^2 \sum_i z_{2i}^2}}

    The interval joins the Wilson limits :math:`l_t, u_t` of the two rates [1]_:

    .. math::
        d - \sqrt{(r_2 - l_2)^2 - 2 \rho (r_2 - l_2)(u_1 - r_1) + (u_1 - r_1)^2}

    and likewise above. With many customers it equals
    :math:`d \mp z \sqrt{\sum_i (z_{2i} - z_{1i})^2}`; with few it does not pretend to
    know more than they tell. The test takes the variances that both transitions would have
    at one common rate, and what they have in common from the customers: for one fixed
    panel it is McNemar's, for disjoint customers that of two proportions.

    A change between two periods is not yet the effect of what was done between them.

    References
    ----------
    .. [1] G. Y. Zou and A. Donner, "Construction of Confidence Limits about Effect
       Measures: A General Approach", Statistics in Medicine 27, 1693-1702, 2008.

    Examples
    --------
    >>> from loyalkit import Activity, retention_difference
    >>> table = [[True, True, True]] * 60 + [[True, True, False]] * 20 + [[True, False, True]] * 20
    >>> difference = retention_difference(Activity.from_table(table), 0, 1)
    >>> round(difference.estimate, 3), difference.verdict()
    (-0.05, 'unclear')
    """
    instance("activity", activity, Activity)
    n = activity.n_periods - 1
    steps = transition_at("first", first, n), transition_at("second", second, n)
    for step in steps:
        if not activity.periods.finished[step : step + 2].all():
            label = activity.periods.labels[step + 1]
            refuse("transition", f"must rest on finished periods, unlike that into {label}", step)
    before, after = (_transition(activity.bits, step) for step in steps)
    test = "z-test, pooled, errors clustered by customer"
    if not (before.n and after.n):
        unknown = Interval(math.nan, math.nan, confidence, bounds=(-1.0, 1.0))
        return Difference(math.nan, unknown, math.nan, test)
    estimate = after.rate - before.rate
    moments = _moments(before, after, (before.rate, after.rate))
    spread = math.sqrt(moments.before * moments.after)
    correlation = moments.common / spread if spread else 0.0
    l1, u1 = _limits(before, confidence)
    l2, u2 = _limits(after, confidence)
    down = _joint(after.rate - l2, u1 - before.rate, correlation)
    up = _joint(u2 - after.rate, before.rate - l1, correlation)
    low, high = max(-1.0, estimate - down), min(1.0, estimate + up)
    interval = Interval(low, high, confidence, bounds=(-1.0, 1.0))
    return Difference(estimate, interval, _pooled_p(before, after, estimate), test)


def _limits(transition: _Transition, confidence: float) -> tuple[float, float]:
    interval = wilson_interval(transition.n_kept, transition.n, confidence=confidence)
    return interval.low, interval.high


def _joint(mine: float, theirs: float, correlation: float) -> float:
    return math.sqrt(max(0.0, mine**2 - 2 * correlation * mine * theirs + theirs**2))


def _pooled_p(before: _Transition, after: _Transition, estimate: float) -> float:
    pooled = (before.n_kept + after.n_kept) / (before.n + after.n)
    v1, v2 = (pooled * (1 - pooled) / transition.n for transition in (before, after))
    # No more can be common than two errors have; for one panel it never is more.
    common = min(_moments(before, after, (pooled, pooled)).common, math.sqrt(v1 * v2))
    error = math.sqrt(max(0.0, v1 + v2 - 2 * common))
    # Where all z cancel but for rounding, the two rates do not differ.
    return normal_two_sided_p(estimate / error) if error > 1e-12 else 1.0
