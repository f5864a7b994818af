"""
Who moved between two segmentations or tiers, who came, who left, who stayed.

Conventions: rows are labels before, columns labels after; shares are fractions of all
who carried a label before, those who left and those whose later label is not settled
included. Customers without a settled label stay in the counts. k is the number of labels.
"""

import math
import operator
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any, Literal, Self

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from loyalkit._arrays import counts, frozen, quotients
from loyalkit._label_flows import flows, joined, labels_of, states
from loyalkit._messages import instance, refuse, refuse_type
from loyalkit._paired import paired_difference
from loyalkit._scalars import at_least_0, count, is_bool
from loyalkit._table_text import html_of_table, label_text, text_table
from loyalkit._unsettled import Share, share_difference, share_interval
from loyalkit.classification import Classification
from loyalkit.homogeneity import ChiSquareTest, marginal_homogeneity, symmetry
from loyalkit.intervals import Difference, Interval, newcombe_difference, wilson_interval
from loyalkit.migration_projection import MigrationProjection, markov_steps

__all__ = ["Migration"]


def _cells(given: ArrayLike) -> tuple[tuple[int, ...], ...]:
    table = counts("cells", given)
    if table.ndim != 2 or table.shape[0] != table.shape[1]:
        refuse_type("cells", "must be square", f"shape {table.shape}")
    return tuple(map(tuple, table.tolist()))


@attrs.frozen(kw_only=True, repr=False)
class Migration:
    r"""
    Customers by their label before and after, those who came and left included.

    Made by `from_labels`, or by `from_counts` from a table. Counts of disjoint customers
    add up: ``north + south``, ``sum(shards)``.

    Parameters
    ----------
    labels : tuple
        The labels, in order.
    cells : array_like of int, shape (k + 2, k + 2)
        Customers by state before and after: the labels, not settled, not there
        [customers].
    best_first : bool or None, default True
        Whether the labels run from the best to the worst or the other way round; None if
        they have no order.

    Raises
    ------
    TypeError
        If the cells are not numbers in a square, or ``best_first`` is no truth value.
    ValueError
        If there are not two states more than labels, a count is negative, all together
        are 2**63 or more, or somebody was there at neither date.

    See Also
    --------
    ConcentrationChange.top_tier : The top tier alone, and what it carries now.
    cross_table : Two labels of different kinds.

    Notes
    -----
    Rates are certain ones: a customer whose later label is not settled does not count as
    having stayed. Intervals run from the lowest rate that those customers allow to the
    highest. Labels that are cut by rank, such as the largest 20 %, push one customer down
    for each who comes up, and customers near a line cross it by chance: part of every
    migration between such tiers is regression to the mean.

    Examples
    --------
    Tiers at the end of two years. Where did the gold customers go?

    >>> from enum import IntEnum
    >>> from loyalkit import Migration
    >>> Tier = IntEnum("Tier", {"GOLD": 0, "SILVER": 1, "BLUE": 2})
    >>> migration = Migration.from_labels(
    ...     [0, 0, 0, 1, 1, 2, 2],
    ...     [0, 0, 1, 0, 1, 2, -1],
    ...     labels=Tier,
    ... )
    >>> migration
                  GOLD  SILVER  BLUE  undetermined  left
    GOLD             2       1     0             0     0
    SILVER           1       1     0             0     0
    BLUE             0       0     1             1     0
    undetermined     0       0     0             0     0
    entered          0       0     0             0     0
    >>> round(migration.stay_rates[Tier.GOLD], 3), migration.upgraded, migration.downgraded
    (0.667, 1, 1)
    """

    labels: tuple[Any, ...] = attrs.field(converter=labels_of)
    cells: tuple[tuple[int, ...], ...] = attrs.field(converter=_cells)
    best_first: bool | None = True

    def __attrs_post_init__(self) -> None:
        if len(self.cells) != self.k + 2:
            refuse("cells", f"must have {self.k + 2} rows for {self.k} labels", len(self.cells))
        if (n := sum(map(sum, self.cells))) >= 2**63:
            refuse("cells", "must count less than 2**63 customers in all", n)
        if self.best_first is not None and not is_bool(self.best_first):
            refuse_type("best_first", "must be True, False or None", repr(self.best_first))
        if self.cells[-1][-1]:
            refuse("cells", "must not count customers there at neither date", self.cells[-1][-1])

    @classmethod
    def from_labels(
        cls,
        before: Classification[Any] | ArrayLike | Sequence[Any],
        after: Classification[Any] | ArrayLike | Sequence[Any],
        *,
        labels: type[IntEnum] | Sequence[Any] | None = None,
        best_first: bool | None = True,
        before_ids: ArrayLike | None = None,
        after_ids: ArrayLike | None = None,
    ) -> Self:
        """
        Count customers by their labels at two dates.

        Parameters
        ----------
        before, after : Classification or array_like
            Label of each customer at the earlier and at the later date. Missing values
            are labels not settled, and so is -1 unless it is one of the labels.
        labels : subclass of IntEnum, or sequence, optional
            The labels in order. May be left out for two classifications with the same.
        best_first : bool or None, default True
            Whether that order runs from the best to the worst, or the other way round;
            None if there is none.
        before_ids, after_ids : array_like, optional
            Ids of the customers of either date, each once. Who is only among the later
            ones entered, who is only among the earlier ones left. Without ids the two
            columns are the same customers in the same order.

        Returns
        -------
        Migration
            The counts.

        Raises
        ------
        TypeError
            If the labels are no labels, a classification has others, or only one of the
            ids is given.
        ValueError
            If a value is none of the labels, an id is missing or comes twice, or columns
            differ in length.

        Examples
        --------
        Two lists of members of different years:

        >>> from loyalkit import Migration
        >>> migration = Migration.from_labels(
        ...     ["gold", "gold", "blue"],
        ...     ["gold", "blue", "blue", "gold"],
        ...     labels=["gold", "blue"],
        ...     before_ids=[101, 102, 103],
        ...     after_ids=[101, 102, 104, 105],
        ... )
        >>> migration.entered, migration.left, migration.net_flow
        ({'gold': 1, 'blue': 1}, {'gold': 0, 'blue': 1}, {'gold': 0, 'blue': 1})
        """
        known = labels_of(labels, before, after)
        k = len(known)
        first, second = states("before", before, known), states("after", after, known)
        first, second = joined(first, second, before_ids, after_ids, k)
        return cls(labels=known, cells=flows(first, second, k), best_first=best_first)

    @classmethod
    def from_counts(
        cls,
        table: ArrayLike,
        *,
        labels: type[IntEnum] | Sequence[Any],
        entered: ArrayLike | None = None,
        left: ArrayLike | None = None,
        best_first: bool | None = True,
    ) -> Self:
        """
        Take counts that somebody else made.

        Parameters
        ----------
        table : array_like of int, shape (k, k)
            Customers by label before (rows) and after (columns) [customers].
        labels : subclass of IntEnum, or sequence
            The labels in order.
        entered, left : array_like of int, shape (k,), optional
            Customers by label who were only there after, and only before [customers].
        best_first : bool or None, default True
            As for `from_labels`.

        Returns
        -------
        Migration
            The counts, all labels settled.

        Raises
        ------
        TypeError
            If a count is not a number.
        ValueError
            If a count is negative, or there are not as many as labels.

        Examples
        --------
        >>> from loyalkit import Migration
        >>> migration = Migration.from_counts([[350, 147], [230, 1500]], labels=["top", "rest"],
        ...     left=[47, 444])
        >>> round(migration.stay_rates["top"], 3)
        0.643
        """
        known = labels_of(labels)
        k = len(known)
        cells = np.zeros((k + 2, k + 2), np.int64)
        parts = {
            "table": (table, cells[:k, :k]),
            "entered": (entered, cells[k + 1, :k]),
            "left": (left, cells[:k, k + 1]),
        }
        for name, (given, place) in parts.items():
            if given is not None:
                found = counts(name, given)
                if found.shape != place.shape:
                    refuse(name, f"must have shape {place.shape}", found.shape)
                place[...] = found
        return cls(labels=known, cells=cells, best_first=best_first)

    def __repr__(self) -> str:
        return text_table(*self._shown)

    def _repr_html_(self) -> str:
        return html_of_table(*self._shown)

    def __add__(self, other: "Migration") -> "Migration":
        if type(other) is not Migration:
            return NotImplemented
        if (self.labels, self.best_first) != (other.labels, other.best_first):
            refuse("other", "must have the same labels in the same order", other.labels)
        rows = zip(self.cells, other.cells, strict=True)
        return attrs.evolve(self, cells=[[*map(operator.add, *both)] for both in rows])

    def __radd__(self, other: int) -> "Migration":
        # sum() starts at 0.
        return self if type(other) is int and other == 0 else NotImplemented

    # ------------------------------------------------------------ counts

    @property
    def k(self) -> int:
        """How many labels there are."""
        return len(self.labels)

    @property
    def n(self) -> int:
        """Customers who were there at one date at least [customers]."""
        return int(self._table.sum())

    @property
    def counts(self) -> NDArray[np.int64]:
        """Customers by settled label before and after, shape (k, k) [customers]."""
        return frozen(self._table[:-2, :-2])

    @property
    def shares(self) -> NDArray[np.float64]:
        """
        Share of the customers of each label who went to each label, shape (k, k) [fraction].

        The rest of a row are those who left (`left_shares`) and those whose label after
        is not settled; NaN for a label without customers before.
        """
        return frozen(self._row_shares[:, :-2])

    @property
    def left_shares(self) -> dict[Any, float]:
        """Share of the customers of each label who left [fraction]; NaN without any."""
        return dict(zip(self.labels, self._row_shares[:, -1].tolist(), strict=True))

    @property
    def before(self) -> dict[Any, int]:
        """Customers by settled label before [customers]."""
        return self._by_label(self._table.sum(axis=1))

    @property
    def after(self) -> dict[Any, int]:
        """Customers by settled label after [customers]."""
        return self._by_label(self._table.sum(axis=0))

    @property
    def entered(self) -> dict[Any, int]:
        """Customers by settled label after who were not there before [customers]."""
        return self._by_label(self._table[-1])

    @property
    def left(self) -> dict[Any, int]:
        """Customers by settled label before who are not there after [customers]."""
        return self._by_label(self._table[:, -1])

    @property
    def n_entered(self) -> int:
        """Customers who were not there before, of whatever label [customers]."""
        return int(self._table[-1].sum())

    @property
    def n_left(self) -> int:
        """Customers who are not there after, of whatever label [customers]."""
        return int(self._table[:, -1].sum())

    @property
    def undetermined_before(self) -> int:
        """Customers who were there before without a settled label [customers]."""
        return int(self._table[-2].sum())

    @property
    def undetermined_after(self) -> int:
        """Customers who are there after without a settled label [customers]."""
        return int(self._table[:, -2].sum())

    @property
    def net_flow(self) -> dict[Any, int]:
        """
        Customers by label after less those before [customers].

        Moves, entries and exits are in it, and so are customers whose label was settled,
        or ceased to be.
        """
        before, after = self.before, self.after
        return {label: after[label] - before[label] for label in self.labels}

    @property
    def upgraded(self) -> int:
        """Customers with a better label after than before [customers]."""
        return int(np.triu(self._best_last(), 1).sum())

    @property
    def downgraded(self) -> int:
        """Customers with a worse label after than before [customers]."""
        return int(np.tril(self._best_last(), -1).sum())

    # ------------------------------------------------------------ rates

    @property
    def stay_rate(self) -> float:
        """
        Share of all who were there before and certainly carry the same label after [fraction].

        NaN if nobody was there before.
        """
        return self._stay_rate(None)

    @property
    def stay_rates(self) -> dict[Any, float]:
        """Share of the customers of each label who keep it [fraction]; NaN without any."""
        return {label: self._stay_rate(label) for label in self.labels}

    def interval(self, label: Any = None, *, confidence: float = 0.95) -> Interval:
        """
        Range for the share of customers who keep their label.

        Parameters
        ----------
        label : object, optional
            One of the labels; all of them unless told otherwise.
        confidence : float, default 0.95
            Confidence of the interval [fraction].

        Returns
        -------
        Interval
            Wilson interval [fraction]. Where labels are not settled it runs from the low
            end at the lowest share that they allow to the high end at the highest. NaN
            exactly if nobody certainly carried the label before.

        Raises
        ------
        ValueError
            If there is no such label, or ``confidence`` is not between 0 and 1.

        Examples
        --------
        >>> from loyalkit import Migration
        >>> migration = Migration.from_counts([[350, 147], [230, 1500]], labels=["top", "rest"],
        ...     left=[47, 444])
        >>> interval = migration.interval("top")
        >>> round(interval.low, 3), round(interval.high, 3)
        (0.602, 0.682)
        """
        return share_interval(*self._stays(label), confidence)

    def difference(
        self, other: "Migration", label: Any = None, *, confidence: float = 0.95
    ) -> Difference:
        """
        Stay rate here minus that of other customers.

        Parameters
        ----------
        other : Migration
            The migration of customers none of whom is in this one.
        label : object, optional
            One of the labels; all of them unless told otherwise.
        confidence : float, default 0.95
            Confidence of the interval [fraction].

        Returns
        -------
        Difference
            As by `newcombe_difference` [fraction]; where labels are not settled the
            interval covers every case. NaN exactly if nobody certainly carried the label
            before on a side.

        Raises
        ------
        TypeError
            If ``other`` is not a `Migration`.
        ValueError
            If the labels differ, there is no such label, or ``confidence`` is not between
            0 and 1.
        """
        instance("other", other, Migration)
        if self.labels != other.labels:
            refuse("other", "must have the same labels in the same order", other.labels)
        here, there = self._stays(label), other._stays(label)
        estimate = self._stay_rate(label) - other._stay_rate(label)
        if math.isnan(estimate):
            return newcombe_difference(0, 0, 0, 0, confidence=confidence)
        return share_difference(estimate, here, there, confidence)

    def upgrade_interval(self, confidence: float = 0.95) -> Interval:
        """
        Range for the share of customers who moved up.

        Parameters
        ----------
        confidence : float, default 0.95
            Confidence of the interval [fraction].

        Returns
        -------
        Interval
            Wilson interval of the share among customers with a settled label at both
            dates [fraction]; NaN exactly without any.

        Raises
        ------
        ValueError
            If the labels have no order, or ``confidence`` is not between 0 and 1.
        """
        return wilson_interval(self.upgraded, int(self.counts.sum()), confidence=confidence)

    def downgrade_interval(self, confidence: float = 0.95) -> Interval:
        """
        Range for the share of customers who moved down.

        Parameters
        ----------
        confidence : float, default 0.95
            Confidence of the interval [fraction].

        Returns
        -------
        Interval
            As for `upgrade_interval`.

        Raises
        ------
        ValueError
            If the labels have no order, or ``confidence`` is not between 0 and 1.
        """
        return wilson_interval(self.downgraded, int(self.counts.sum()), confidence=confidence)

    def net_upgrade(self, confidence: float = 0.95) -> Difference:
        """
        Share of customers who moved up minus share of those who moved down.

        Parameters
        ----------
        confidence : float, default 0.95
            Confidence of the interval [fraction].

        Returns
        -------
        Difference
            Among customers with a settled label at both dates [fraction], with Tango's
            interval and McNemar's test, however far they moved. NaN exactly without any.

        Raises
        ------
        ValueError
            If the labels have no order, or ``confidence`` is not between 0 and 1.

        Notes
        -----
        Of tiers cut by rank about as many move up as down by construction.

        Examples
        --------
        >>> from loyalkit import Migration
        >>> migration = Migration.from_counts([[40, 5], [20, 35]], labels=["gold", "blue"])
        >>> change = migration.net_upgrade()
        >>> round(change.estimate, 3), round(change.p_value, 4), change.verdict()
        (0.15, 0.0041, 'above')
        """
        n = int(self.counts.sum())
        return paired_difference(self.upgraded, self.downgraded, n, confidence)

    def marginal_homogeneity(
        self, method: Literal["stuart_maxwell", "bhapkar"] = "stuart_maxwell"
    ) -> ChiSquareTest:
        """
        Test whether the labels are as large after as before.

        Parameters
        ----------
        method : {"stuart_maxwell", "bhapkar"}, default "stuart_maxwell"
            As for the function `marginal_homogeneity`.

        Returns
        -------
        ChiSquareTest
            The test among customers with a settled label at both dates.

        Raises
        ------
        ValueError
            If ``method`` is none of the two.
        """
        return marginal_homogeneity(self.counts, method=method)

    def symmetry(self) -> ChiSquareTest:
        """
        Test whether as many customers move from each label to each other as come back.

        Returns
        -------
        ChiSquareTest
            Bowker's test among customers with a settled label at both dates.
        """
        return symmetry(self.counts)

    def project_as_markov_chain(
        self, steps: int, *, entering: Mapping[Any, float] | None = None
    ) -> MigrationProjection:
        r"""
        Expect customers after some more steps, if all go on moving as in this one.

        Parameters
        ----------
        steps : int
            How many more times as long.
        entering : mapping of label to float, optional
            Customers who enter with each step [customers]; nobody unless told otherwise.

        Returns
        -------
        MigrationProjection
            Customers under each label, unsettled, and left after 0, 1, ... steps. NaN
            from where customers are in a label that nobody was in before, since nobody
            knows where they go.

        Raises
        ------
        TypeError
            If a number is not one.
        ValueError
            If a number is negative, ``steps`` is not whole, or there is no such label.

        Notes
        -----
        This takes for granted that a customer's next move hangs on the label alone, the
        same for all who carry it and in every step (a Markov chain of the first order),
        and that who left stays away. Customers are not like that: those who have long
        carried a label move less than newcomers, so that the chain moves customers too
        fast and loses too many [1]_. It is an orientation for a step or two, not a
        forecast, and no interval could say how wrong it is.

        References
        ----------
        .. [1] I. Blumen, M. Kogan and P. J. McCarthy, The Industrial Mobility of Labor as
           a Probability Process. Ithaca, NY: Cornell University, 1955.

        Examples
        --------
        >>> from loyalkit import Migration
        >>> migration = Migration.from_counts(
        ...     [[80, 10], [20, 60]], labels=["gold", "blue"], left=[10, 20]
        ... )
        >>> migration.project_as_markov_chain(1).expected
        array([[100.,  70.],
               [ 94.,  52.]])
        """
        start = self._table.sum(axis=0)[:-1].astype(np.float64)
        new = np.zeros(self.k + 1)
        for label, customers in (entering or {}).items():
            new[self._place(label)] = at_least_0(f"entering[{label_text(label)}]", customers)
        moves = self._table[:-1]
        found = markov_steps(moves, start, new, count("steps", steps))
        return MigrationProjection(labels=self.labels, steps=found)

    # ------------------------------------------------------------ inside

    @property
    def _table(self) -> NDArray[np.int64]:
        return np.array(self.cells, np.int64)

    @property
    def _row_shares(self) -> NDArray[np.float64]:
        rows = self._table[:-2].astype(np.float64)
        return quotients(rows, rows.sum(axis=1, keepdims=True))

    def _by_label(self, column: NDArray[np.int64]) -> dict[Any, int]:
        return dict(zip(self.labels, column[:-2].tolist(), strict=True))

    def _place(self, label: Any) -> int:
        if label not in self.labels:
            refuse("label", f"must be one of {', '.join(map(repr, self.labels))}", label)
        return self.labels.index(label)

    def _best_last(self) -> NDArray[np.int64]:
        """Settled customers by label, the worst first."""
        if self.best_first is None:
            refuse("best_first", "must say how the labels are ordered", None)
        table = self.counts
        return table[::-1, ::-1] if self.best_first else table

    def _stay_rate(self, label: Any) -> float:
        table, n = self._table, int(self._table[:-1].sum())
        stayed = int(np.trace(table[:-2, :-2]))
        if label is not None:
            i = self._place(label)
            stayed, n = int(table[i, i]), int(table[i].sum())
        return stayed / n if n else math.nan

    def _stays(self, label: Any) -> tuple[Share, Share]:
        """Lowest and highest share of customers who keep their label."""
        table = self._table
        there = table[:-1]
        loose = int(table[-2, :-1].sum() + table[:-2, -2].sum())
        if label is None:
            stayed, n = int(np.trace(self.counts)), int(there.sum())
            return (stayed, n), (stayed + loose, n)
        i = self._place(label)
        stayed, n = int(table[i, i]), int(table[i].sum())
        if not n:
            return (0, 0), (0, 0)
        # Customers unsettled before may have carried the label too, to stay or to go.
        gone, back = int(table[-2].sum() - table[-2, i]), int(table[-2, i] + table[-2, -2])
        kept = int(table[i, -2])
        return (stayed, n + gone), (stayed + kept + back, n + back)

    @property
    def _shown(self) -> tuple[list[str], list[str], list[list[int]]]:
        names = [label_text(label) for label in self.labels]
        rows, columns = [*names, "undetermined", "entered"], [*names, "undetermined", "left"]
        return rows, columns, [list(row) for row in self.cells]
