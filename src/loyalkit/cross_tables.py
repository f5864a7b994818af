"""
Customers by two labels at once: counts, shares, what they are worth, and how sure that is.

Conventions: rows and columns are labels, each customer is in one cell. A customer one of
whose labels is not known stays in the table: shares are of all customers, and intervals
reach from the one extreme that such customers could turn out to be to the other. R is the
number of row labels, C that of column labels.
"""

import math
from fractions import Fraction
from functools import partial
from itertools import combinations
from typing import Any, Literal, NamedTuple

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from loyalkit._arrays import array_key, frozen, quotients, same_length
from loyalkit._cross_cells import (
    Labels,
    amounts_by_cell,
    axis_of,
    may_be_both,
    places,
    refuse_size,
    sum_of_amounts,
    united,
)
from loyalkit._messages import refuse
from loyalkit._multiplicity import holm
from loyalkit._scalars import confidence_level
from loyalkit._table_text import html_of_table, label_text, text_table
from loyalkit._unsettled import share_difference
from loyalkit.independence import IndependenceTest, independence_test
from loyalkit.intervals import Difference, newcombe_difference, wilson_interval

__all__ = ["CrossTable", "cross_table"]


class _Share(NamedTuple):
    """How many of how many, in each cell."""

    hits: NDArray[np.int64]
    trials: NDArray[np.int64]

    def at(self, *place: int) -> tuple[int, int]:
        return int(self.hits[place]), int(self.trials[place])


@attrs.frozen(kw_only=True, repr=False)
class CrossTable:
    """
    How many customers carry which pair of labels, as counts that add up.

    Made by `cross_table`. Tables of disjoint customers add: ``north + south``. Labels of
    a `Classification` must then be the same on both sides; labels of columns are united.

    Parameters
    ----------
    rows, columns : tuple
        The labels: members of an enumeration in its order, others sorted.
    cells : ndarray of int64, shape (R + 1, C + 1)
        Customers by row label and column label; the last row and the last column hold
        those whose label is not known [customers].
    may_be_row : ndarray of int64, shape (R, C + 1)
        Customers who may carry each row label, those who do included, by column label.
    may_be_column : ndarray of int64, shape (R + 1, C)
        Customers who may carry each column label, by row label.
    may_be_both : ndarray of int64, shape (R, C)
        Customers who may be in each cell.
    amounts : ndarray, shape (R + 1, C + 1), or None
        What the customers of each cell are worth together; None if not given.
    turnover : float
        Sum of the amounts without their signs, by which rounding is judged; not
        compared by ``==``.

    See Also
    --------
    cross_table : Makes it from labels.

    Notes
    -----
    Where labels are not known, the three tables of what may be serve the intervals. A
    customer without a label may carry any. A customer whose class a decision table leaves
    open may carry only those that are still possible, so that intervals are narrower.

    Examples
    --------
    Which channel do the heavy users prefer? One customer was not asked.

    >>> from loyalkit import cross_table, usage_tiers
    >>> tiers = usage_tiers([90, 40, 12, 9, 8, 3, 3, 2, 1, 0])
    >>> channels = ["web", "web", "shop", "web", None, "shop", "shop", "web", "shop", "shop"]
    >>> cross_table(tiers, channels)
              shop  web  undetermined  all
    HEAVY        0    2             0    2
    MEDIUM       1    1             1    3
    LIGHT        3    1             0    4
    NON_USER     1    0             0    1
    all          5    4             1   10
    """

    rows: tuple[Any, ...]
    columns: tuple[Any, ...]
    cells: NDArray[np.int64] = attrs.field(converter=frozen, eq=array_key)
    may_be_row: NDArray[np.int64] = attrs.field(converter=frozen, eq=array_key)
    may_be_column: NDArray[np.int64] = attrs.field(converter=frozen, eq=array_key)
    may_be_both: NDArray[np.int64] = attrs.field(converter=frozen, eq=array_key)
    amounts: NDArray[Any] | None = attrs.field(
        default=None, converter=attrs.converters.optional(frozen), eq=array_key
    )
    turnover: float = attrs.field(default=0.0, eq=False)

    def __reduce__(self) -> tuple[Any, ...]:
        # Built anew, since arrays come out of a pickle writeable.
        return partial(type(self), **attrs.asdict(self, recurse=False)), ()

    def __repr__(self) -> str:
        return text_table(*self._shown)

    def _repr_html_(self) -> str:
        return html_of_table(*self._shown)

    # ------------------------------------------------------------ counts

    @property
    def counts(self) -> NDArray[np.int64]:
        """Customers both of whose labels are known, shape (R, C) [customers]."""
        return self.cells[:-1, :-1]

    @property
    def n(self) -> int:
        """All customers, those without a label included [customers]."""
        return int(self.cells.sum())

    @property
    def n_undetermined(self) -> int:
        """Customers one of whose labels is not known [customers]."""
        return self.n - int(self.counts.sum())

    @property
    def row_totals(self) -> NDArray[np.int64]:
        """Customers known to carry each row label, whatever the column, shape (R,) [customers]."""
        return frozen(self.cells[:-1].sum(axis=1))

    @property
    def column_totals(self) -> NDArray[np.int64]:
        """Customers known to carry each column label, shape (C,) [customers]."""
        return frozen(self.cells[:, :-1].sum(axis=0))

    # ------------------------------------------------------------ shares

    @property
    def shares(self) -> NDArray[np.float64]:
        """Share of all customers in each cell, shape (R, C) [fraction]; NaN without customers."""
        return frozen(quotients(self.counts, np.array(self.n)))

    @property
    def row_shares(self) -> NDArray[np.float64]:
        """
        Share of each row's customers in each column, shape (R, C) [fraction].

        Customers of the row whose column is not known are part of the whole. NaN exactly
        where nobody is known to be in the row.
        """
        return frozen(quotients(self.counts, self.row_totals[:, None]))

    @property
    def column_shares(self) -> NDArray[np.float64]:
        """
        Share of each column's customers in each row, shape (R, C) [fraction].

        Customers of the column whose row is not known are part of the whole. NaN exactly
        where nobody is known to be in the column.
        """
        return frozen(quotients(self.counts, self.column_totals))

    @property
    def value_shares(self) -> NDArray[np.float64]:
        """
        Share of all amounts in each cell, shape (R, C) [fraction].

        Amounts of customers without a label are part of the whole. NaN exactly if the
        total is not positive. A table made without amounts raises a ValueError.
        """
        if self.amounts is None:
            raise ValueError("amounts must be given to share them out, got a table without amounts")
        # Exact sums, since int64 may not hold the total.
        exact = [[Fraction(x) for x in row] for row in self.amounts.tolist()]
        total = sum(map(sum, exact), Fraction(0))
        rounding = 1e-12 * self.turnover if self.amounts.dtype.kind == "f" else 0
        if total <= rounding:
            return frozen(np.full(self.counts.shape, np.nan))
        shares = [[float(x / total) for x in row[:-1]] for row in exact[:-1]]
        return frozen(np.array(shares, np.float64).reshape(self.counts.shape))

    # ------------------------------------------------------------ how sure

    def interval(
        self, *, of: Literal["all", "row", "column"] = "row", confidence: float = 0.95
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """
        Range for each share of the table.

        Parameters
        ----------
        of : {"all", "row", "column"}, default "row"
            The shares meant: `shares`, `row_shares` or `column_shares`.
        confidence : float, default 0.95
            Confidence of each interval by itself [fraction].

        Returns
        -------
        tuple of ndarray of float64
            The Wilson limits (low, high), both of shape (R, C) [fraction]. Where labels
            are not known, the low end is that of the case in which such customers lower
            the share most, the high end that in which they raise it most. NaN exactly
            where nobody can be in the whole.

        Raises
        ------
        ValueError
            If ``of`` is another word, or ``confidence`` is not between 0 and 1.

        See Also
        --------
        difference : Two rows compared.

        Notes
        -----
        It is about labels that each customer earns alone. Classes cut by rank, such as
        usage tiers, have the size they are cut to: their row shares are estimates, their
        shares of all are not. Of twenty intervals at 95 % one misses on average. Customers
        are taken to carry their labels independently of one another.

        Examples
        --------
        Of three heavy users two love the shop, and one was not asked:

        >>> from loyalkit import Attachment, attachment_levels, cross_table
        >>> levels = attachment_levels([10, 9, None, 3], like_from=7, love_from=9)
        >>> table = cross_table(["heavy", "heavy", "heavy", "light"], levels)
        >>> low, high = table.interval()
        >>> love = table.columns.index(Attachment.LOVE)
        >>> low[0, love].round(2).item(), high[0, love].round(2).item()
        (0.21, 1.0)
        """
        if of == "row":
            lowest, highest = self._extremes
        elif of == "column":
            lowest, highest = (
                _Share(share.hits.T, share.trials.T) for share in self._transposed._extremes
            )
        elif of == "all":
            whole = np.full(self.counts.shape, self.n)
            lowest, highest = _Share(self.counts, whole), _Share(self.may_be_both, whole)
        else:
            refuse("of", "must be one of 'all', 'row', 'column'", of)
        low, _ = wilson_interval(lowest.hits, lowest.trials, confidence=confidence)
        _, high = wilson_interval(highest.hits, highest.trials, confidence=confidence)
        return low, high

    def difference(
        self, row: Any, other_row: Any, column: Any, *, confidence: float = 0.95
    ) -> Difference:
        """
        Compare two rows by their share of a column: the first row's share minus the other's.

        Parameters
        ----------
        row, other_row : label
            Two of `rows`.
        column : label
            One of `columns`.
        confidence : float, default 0.95
            Confidence of the interval [fraction].

        Returns
        -------
        Difference
            Row share minus row share [fraction]; NaN exactly if nobody is known to be in
            one of the rows. Interval and p-value are Newcombe's and the pooled z-test, as
            for `newcombe_difference`. Where labels are not known, the interval covers
            whatever such customers may turn out to be, and the p-value is that of the case
            that speaks most against a difference: 1 if they could make the shares equal.

        Raises
        ------
        ValueError
            If a label is not in the table, if the two rows are the same, or if
            ``confidence`` is not between 0 and 1.

        See Also
        --------
        comparisons : Every two rows, where they were not chosen beforehand.
        independence : All rows and columns in one test.

        Examples
        --------
        Do customers who prefer the web love the shop more often than those of the shop?

        >>> from loyalkit import Attachment, cross_table, Classification
        >>> channels = ["web"] * 60 + ["shop"] * 80
        >>> bonds = [Attachment.LOVE] * 30 + [Attachment.LIKE] * 30
        >>> bonds += [Attachment.LOVE] * 20 + [Attachment.LIKE] * 60
        >>> table = cross_table(channels, Classification(labels=Attachment, codes=bonds))
        >>> difference = table.difference("web", "shop", Attachment.LOVE)
        >>> difference.estimate, difference.verdict()
        (0.25, 'above')
        """
        first, second = _place("row", self.rows, row), _place("other_row", self.rows, other_row)
        if first == second:
            refuse("other_row", "must be another row than row", other_row)
        here = _place("column", self.columns, column)
        estimate = float(self.row_shares[first, here] - self.row_shares[second, here])
        if math.isnan(estimate):
            return newcombe_difference(0, 0, 0, 0, confidence=confidence)
        lowest, highest = self._extremes
        shares, other_shares = (
            (lowest.at(place, here), highest.at(place, here)) for place in (first, second)
        )
        return share_difference(estimate, shares, other_shares, confidence)

    def comparisons(
        self, column: Any, *, confidence: float = 0.95
    ) -> dict[tuple[Any, Any], Difference]:
        r"""
        Compare every two rows by their share of a column, allowing for how many they are.

        Parameters
        ----------
        column : label
            One of `columns`.
        confidence : float, default 0.95
            Confidence with which all intervals together hold [fraction].

        Returns
        -------
        dict of pair of labels to Difference
            As `difference` gives it for each pair of `rows`, the first of which comes first
            there. Intervals are made at the confidence that Bonferroni's inequality asks
            for, which `Interval.confidence` shows; p-values are adjusted by Holm's method
            [1]_. Rows in which nobody is known to be give NaN and do not count.

        Raises
        ------
        ValueError
            If ``column`` is not in the table, or ``confidence`` is not between 0 and 1.

        See Also
        --------
        difference : Two rows chosen beforehand.
        independence : Whether rows differ at all.

        References
        ----------
        .. [1] S. Holm, "A Simple Sequentially Rejective Multiple Test Procedure",
           Scandinavian Journal of Statistics 6, 65-70, 1979.

        Examples
        --------
        On which channel do more customers come back?

        >>> from loyalkit import cross_table
        >>> channels = ["shop"] * 100 + ["web"] * 100 + ["phone"] * 100
        >>> came_back = [True] * 70 + [False] * 30 + [True] * 52 + [False] * 48
        >>> came_back += [True] * 60 + [False] * 40
        >>> pairs = cross_table(channels, came_back).comparisons(True)
        >>> {pair: round(difference.p_value, 3) for pair, difference in pairs.items()}
        {('phone', 'shop'): 0.276, ('phone', 'web'): 0.276, ('shop', 'web'): 0.027}
        """
        present = int(np.count_nonzero(self.row_totals))
        n_known = max(1, math.comb(present, 2))
        each = 1 - (1 - confidence_level(confidence)) / n_known
        _place("column", self.columns, column)
        found = {
            pair: self.difference(*pair, column, confidence=each)
            for pair in combinations(self.rows, 2)
        }
        adjusted = holm([difference.p_value for difference in found.values()], n_known).tolist()
        return {
            pair: attrs.evolve(x, p_value=p_value, test=f"{x.test}; adjusted by Holm's method")
            for (pair, x), p_value in zip(found.items(), adjusted, strict=True)
        }

    @property
    def independence(self) -> IndependenceTest:
        """
        Chi-square test of whether rows and columns hang together, and how strongly.

        Made of the customers both of whose labels are known. `IndependenceTest.caution`
        says where they are too few.
        """
        return independence_test(self.counts)

    @property
    def _extremes(self) -> tuple[_Share, _Share]:
        """Each row share as low and as high as customers without a label can make it."""
        hits, by_column = self.counts, self.may_be_row[:, :-1]
        # Who is without a label has two or more left, so may be in another column.
        elsewhere = self.may_be_row.sum(axis=1, keepdims=True) - by_column
        surely_elsewhere = self.row_totals[:, None] - self.may_be_column[:-1]
        low, high = hits + elsewhere, self.may_be_both + surely_elsewhere
        # Where nobody is known to be in the row, one customer in it makes the extreme.
        alone = (low == 0) & (high > 0)
        lowest = _Share(np.where(alone, 1, hits), np.where(alone, 1, low))
        return lowest, _Share(self.may_be_both, np.where((high == 0) & (low > 0), 1, high))

    # ------------------------------------------------------------ algebra

    @property
    def _transposed(self) -> "CrossTable":
        return CrossTable(
            rows=self.columns,
            columns=self.rows,
            cells=self.cells.T,
            may_be_row=self.may_be_column.T,
            may_be_column=self.may_be_row.T,
            may_be_both=self.may_be_both.T,
        )

    def __add__(self, other: "CrossTable") -> "CrossTable":
        if not isinstance(other, CrossTable):  # pyright: ignore[reportUnnecessaryIsInstance]
            return NotImplemented
        if (self.amounts is None) != (other.amounts is None):
            raise ValueError("amounts must be given for both tables or for neither")
        rows = united("rows", self.rows, other.rows)
        columns = united("columns", self.columns, other.columns)
        refuse_size(rows, columns)
        one, two = self._spread(rows, columns), other._spread(rows, columns)
        return CrossTable(
            rows=rows,
            columns=columns,
            cells=one.cells + two.cells,
            may_be_row=one.may_be_row + two.may_be_row,
            may_be_column=one.may_be_column + two.may_be_column,
            may_be_both=one.may_be_both + two.may_be_both,
            amounts=sum_of_amounts(one.amounts, two.amounts),
            turnover=self.turnover + other.turnover,
        )

    def __radd__(self, other: int) -> "CrossTable":
        # sum() starts at 0.
        return self if type(other) is int and other == 0 else NotImplemented

    def _spread(self, rows: tuple[Any, ...], columns: tuple[Any, ...]) -> "CrossTable":
        """The same customers under more labels; who is without one may carry a new one too."""
        if (rows, columns) == (self.rows, self.columns):
            return self
        down, across = places(self.rows, rows), places(self.columns, columns)
        n_rows, n_columns = len(rows), len(columns)
        down_all, across_all = [*down, n_rows], [*across, n_columns]
        cells = np.zeros((n_rows + 1, n_columns + 1), np.int64)
        cells[np.ix_(down_all, across_all)] = self.cells
        may_be_row = np.repeat(cells[-1:], n_rows, axis=0)
        may_be_row[np.ix_(down, across_all)] = self.may_be_row
        may_be_column = np.repeat(cells[:, -1:], n_columns, axis=1)
        may_be_column[np.ix_(down_all, across)] = self.may_be_column
        may_be_both = np.full((n_rows, n_columns), cells[-1, -1])
        may_be_both[down] = may_be_row[down, -1:]
        may_be_both[:, across] = may_be_column[-1, across]
        may_be_both[np.ix_(down, across)] = self.may_be_both
        amounts = self.amounts
        if amounts is not None:
            spread = np.zeros(cells.shape, amounts.dtype)
            spread[np.ix_(down_all, across_all)] = amounts
            amounts = spread
        return attrs.evolve(
            self,
            rows=rows,
            columns=columns,
            cells=cells,
            may_be_row=may_be_row,
            may_be_column=may_be_column,
            may_be_both=may_be_both,
            amounts=amounts,
        )

    @property
    def _shown(self) -> tuple[list[str], list[str], list[list[int]]]:
        unknown = self.cells[-1].any(), self.cells[:, -1].any()
        rows, columns = (
            [*map(label_text, labels), *(["undetermined"] if some else []), "all"]
            for labels, some in zip((self.rows, self.columns), unknown, strict=True)
        )
        cells = self.cells if unknown[0] else self.cells[:-1]
        cells = cells if unknown[1] else cells[:, :-1]
        cells = np.concatenate([cells, cells.sum(axis=0, keepdims=True)])
        cells = np.concatenate([cells, cells.sum(axis=1, keepdims=True)], axis=1)
        return rows, columns, cells.tolist()


def cross_table(rows: Labels, columns: Labels, *, amounts: ArrayLike | None = None) -> CrossTable:
    """
    Count customers by two labels at once: frequency by satisfaction, segment by channel.

    Parameters
    ----------
    rows, columns : Classification or array_like, shape (n,)
        One label per customer, in the same order: a classification, or a column of
        numbers, text or dates. A missing label (None, NaN) is a label that is not known,
        as a class that is not settled; such customers are counted apart.
    amounts : array_like, shape (n,), optional
        What each customer is worth, in any unit; refunds may make it negative.

    Returns
    -------
    CrossTable
        The counts, with shares, intervals and comparisons of rows.

    Raises
    ------
    TypeError
        If a column holds no labels of one kind, or ``amounts`` no numbers.
    ValueError
        If there is not one label of either kind and one finite amount per customer, or
        if there are too many labels for a table.
    OverflowError
        If integer amounts of a cell do not add up to an int64.

    See Also
    --------
    Classification : One label alone.

    Notes
    -----
    A `SegmentAssignment` knows which segments are possible for a customer it leaves open,
    and the table takes that over: its intervals are those of every completion of the
    evidence. Of two columns of labels nothing is known but that they are missing.

    Examples
    --------
    Are there differences between the channels within the segments? The log tells who buys
    regularly, a survey reached some of the customers.

    >>> from loyalkit import Evidence, assign_segments, cross_table
    >>> evidence = Evidence(
    ...     buys_regularly=[True, True, False, True, True],
    ...     attachment=[2, 0, 0, None, 2],
    ...     perceives_value=[True, True, None, None, True],
    ...     has_alternatives=[True, False, None, True, True],
    ...     buys_exclusively=[True, True, None, None, True],
    ... )
    >>> channels = ["web", "shop", "shop", "web", "web"]
    >>> table = cross_table(channels, assign_segments(evidence), amounts=[90, 40, 5, 30, 35])
    >>> table
          CORE  FALSE  UNDISCOVERED  SPLIT  LOW  undetermined  all
    shop     0      1             0      0    1             0    2
    web      2      0             0      0    0             1    3
    all      2      1             0      0    1             1    5
    >>> table.value_shares[:, 0]
    array([0.   , 0.625])
    """
    down, across = axis_of("rows", rows), axis_of("columns", columns)
    same_length(rows=down.codes, columns=across.codes)
    refuse_size(down.labels, across.labels)
    n_rows, n_columns = len(down.labels), len(across.labels)
    shape = n_rows + 1, n_columns + 1
    keys = down.codes * shape[1] + across.codes
    cells = np.bincount(keys, minlength=shape[0] * shape[1]).astype(np.int64).reshape(shape)
    may_be_row, may_be_column = cells[:-1] + cells[-1:], cells[:, :-1] + cells[:, -1:]
    if down.possible is not None:
        for row, mask in enumerate(down.possible):
            may_be_row[row] = np.bincount(across.codes[mask], minlength=shape[1])
    if across.possible is not None:
        for place, mask in enumerate(across.possible):
            may_be_column[:, place] = np.bincount(down.codes[mask], minlength=shape[0])
    sums, turnover = amounts_by_cell(amounts, keys, shape)
    return CrossTable(
        rows=down.labels,
        columns=across.labels,
        cells=cells,
        may_be_row=may_be_row,
        may_be_column=may_be_column,
        may_be_both=may_be_both(down, across, may_be_row, may_be_column),
        amounts=sums,
        turnover=turnover,
    )


def _place(name: str, labels: tuple[Any, ...], label: Any) -> int:
    if label not in labels:
        refuse(name, "must be a label of the table", label)
    return labels.index(label)
