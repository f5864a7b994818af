"""
Customers sorted into classes, of whom some have several classes left.

Conventions: as in `loyalkit.classification`; a customer with one class left has its code,
one with several has the code -1, and knows which.
"""

from enum import IntEnum
from typing import Any

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray
from typing_extensions import override

from loyalkit._arrays import complete, frozen, truth_table
from loyalkit._messages import refuse, refuse_first
from loyalkit.classification import Classification, L


def _possible(values: ArrayLike) -> NDArray[np.bool_]:
    return frozen(truth_table("possible", values).copy())


def _settled(given: Any) -> NDArray[np.int8]:
    if not (isinstance(given.labels, type) and issubclass(given.labels, IntEnum)):
        return np.empty(0, np.int8)  # the validator of the labels refuses them
    values = np.array([int(label) for label in given.labels], np.int64)
    if given.possible.shape[1] != values.size:
        columns = f"must have {values.size} columns, one for each label"
        refuse("possible", columns, given.possible.shape)
    left = np.count_nonzero(given.possible, axis=1)
    refuse_first("possible", "must leave each customer a label", left, left == 0)
    codes = np.where(left == 1, values[given.possible.argmax(axis=1)], -1)
    return frozen(codes.astype(np.int8))


@attrs.frozen(kw_only=True, eq=False, repr=False)
class OpenClassification(Classification[L]):
    """
    The label of each customer, or those that are left of the choice.

    Parameters
    ----------
    labels : type of IntEnum
        The classes, best first.
    possible : array_like of bool, shape (n, number of labels)
        Which labels each customer may carry, in the order of the enumeration; at least one.

    Raises
    ------
    TypeError
        If ``labels`` is not an enumeration of integers, or ``possible`` holds no truth
        values in two dimensions.
    ValueError
        If there is not one column for each label, or a customer has no label left.

    See Also
    --------
    Classification : If who is not settled may carry any label.

    Examples
    --------
    The first customer loves the shop, the second does not; of the third nothing is known:

    >>> from loyalkit import Attachment, OpenClassification
    >>> bonds = OpenClassification(
    ...     labels=Attachment,
    ...     possible=[[False, False, True], [True, True, False], [True, True, True]],
    ... )
    >>> bonds.bounds
    {<Attachment.LOW: 0>: (0, 2), <Attachment.LIKE: 1>: (0, 2), <Attachment.LOVE: 2>: (1, 2)}
    """

    possible: NDArray[np.bool_] = attrs.field(converter=_possible)
    codes: NDArray[np.int8] = attrs.field(  # pyright: ignore[reportIncompatibleVariableOverride]
        init=False, default=attrs.Factory(_settled, takes_self=True)
    )

    @override
    def __attrs_post_init__(self) -> None:
        """Codes follow from what is possible, so they need no check."""

    @property
    def bounds(self) -> dict[L, tuple[int, int]]:
        """The fewest and the most customers that each label can have [customers]."""
        most = np.count_nonzero(self.possible, axis=0).tolist()
        counts = zip(self.counts.items(), most, strict=True)
        return {label: (fewest, largest) for (label, fewest), largest in counts}

    def customers(
        self, label: L, *, ids: ArrayLike | None = None, possible: bool = False
    ) -> NDArray[Any]:
        """
        List the customers who carry a label.

        Parameters
        ----------
        label : IntEnum
            One of `labels`.
        ids : array_like, shape (n,), optional
            What to call the customers. Left out, they are called by their position.
        possible : bool, default False
            Whether to list those, too, who may carry it.

        Returns
        -------
        ndarray
            Their ids, or their positions from 0, in the order given.

        Raises
        ------
        TypeError
            If ``label`` is not one of `labels`.
        ValueError
            If there is not one id for each customer.

        Examples
        --------
        >>> from loyalkit import Attachment, OpenClassification
        >>> bonds = OpenClassification(
        ...     labels=Attachment,
        ...     possible=[[False, False, True], [True, True, False], [True, True, True]],
        ... )
        >>> bonds.customers(Attachment.LOVE, ids=["Ana", "Ben", "Cleo"])
        array(['Ana'], dtype='<U4')
        >>> bonds.customers(Attachment.LOVE, possible=True)
        array([0, 2])
        """
        column = list(self.labels).index(self._label(label))
        rows = np.flatnonzero(self.possible[:, column] if possible else self.mask(label))
        if ids is None:
            return frozen(rows)
        names = complete("ids", ids)
        if names.size != self.n:
            refuse("ids", f"must be one for each of {self.n} customers", names.size)
        return frozen(names[rows])

    @override
    def _fewest_and_most(self, label: L) -> tuple[int, int]:
        return self.bounds[label]
