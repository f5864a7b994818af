"""
What is known about each customer's loyalty, piece by piece, the unknown included.

Conventions: a truth value is 0 or 1, attachment is 0 to 2, and -1 is unknown. Nothing
is guessed: a piece that nobody asked about is unknown for everybody.
"""

from collections.abc import Sequence
from enum import IntEnum
from functools import partial
from typing import Any, TypeAlias

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from loyalkit._arrays import frozen, levels, same_length
from loyalkit._messages import refuse, refuse_type
from loyalkit.attachment import Attachment
from loyalkit.classification import Classification

Known: TypeAlias = ArrayLike | Sequence[bool | int | float | None] | None
"""What is known of a piece: one value for all customers or one each; None is unknown."""


@attrs.frozen
class EvidencePiece:
    """
    One piece of evidence: its name, the values it can take, the question behind it.

    Parameters
    ----------
    name : str
        What the piece is called.
    values : type
        ``bool``, or an ``IntEnum`` with the values 0, 1, 2 and so on.
    question : str
        The question whose answer is the value.
    when_unknown : int, optional
        Value as which an unknown answer is read. None leaves every value possible.

    Raises
    ------
    ValueError
        If the values of the ``IntEnum`` do not run from 0 without a gap.

    Examples
    --------
    >>> from loyalkit import Attachment, EvidencePiece
    >>> EvidencePiece("attachment", Attachment, "How strong is the bond?").n_values
    3
    """

    name: str
    values: type[IntEnum] | type[bool]
    question: str = ""
    when_unknown: int | None = None

    def __attrs_post_init__(self) -> None:
        if issubclass(self.values, IntEnum):
            found = sorted(int(value) for value in self.values)
            if found != list(range(len(found))) or not found:
                refuse("values", "must run from 0 without a gap", found)

    @property
    def n_values(self) -> int:
        """How many values the piece can take."""
        return len(self.values) if issubclass(self.values, IntEnum) else 2

    def word(self, value: int) -> str:
        """
        Put a value into words.

        Parameters
        ----------
        value : int
            One of the values.

        Returns
        -------
        str
            The name of the level, or "yes" or "no".
        """
        if issubclass(self.values, IntEnum):
            return self.values(value).name
        return "yes" if value else "no"


LOYALTY_EVIDENCE = (
    EvidencePiece("buys_regularly", bool, "Does the customer buy regularly?"),
    EvidencePiece(
        "attachment", Attachment, "How strong is the customer's bond: low, like or love?"
    ),
    EvidencePiece("perceives_value", bool, "Does the customer see added value in buying here?"),
    EvidencePiece("has_alternatives", bool, "Does the customer feel free to buy elsewhere?"),
    EvidencePiece("buys_exclusively", bool, "Does the customer buy only here?"),
    # The firm's own knowledge: who cannot say whether the reason is known does not know it.
    EvidencePiece(
        "reason_known", bool, "Do we know why the customer is loyal?", when_unknown=False
    ),
)
"""The six pieces of evidence that tell the kinds of loyalty apart."""


@attrs.frozen(init=False, eq=False, repr=False)
class Evidence:
    """
    What is known about each customer's loyalty.

    Every piece may be given for each customer, for all at once, or not at all. What is
    unknown stays unknown: the segments that remain possible follow from the rest.

    Parameters
    ----------
    buys_regularly : array_like or bool, optional
        Whether the customer buys regularly, by the caller's own rule. Whoever has not
        been a customer for long enough to tell is unknown.
    attachment : Classification, array_like or Attachment, optional
        How strongly the customer feels bound: LOW, LIKE or LOVE.
    perceives_value : array_like or bool, optional
        Whether the customer sees added value in buying here.
    has_alternatives : array_like or bool, optional
        Whether the customer feels free to buy elsewhere. One value for all where the
        market decides it.
    buys_exclusively : array_like or bool, optional
        Whether the customer buys only here.
    reason_known : array_like or bool, optional
        Whether the firm knows why the customer is loyal. The segments read unknown as no.

        Truth values are bool, 1 or 0; levels are 0 to 2. None, NaN and -1 are unknown.

    Raises
    ------
    TypeError
        If a piece holds anything but truth values or levels.
    ValueError
        If a value is out of range, or the pieces differ in length.

    See Also
    --------
    attachment_levels : Attachment from a number and cut points.
    assign_segments : What the evidence says about the kind of loyalty.

    Notes
    -----
    Arrays of bool and int8 are not copied.

    Examples
    --------
    The log tells who buys regularly; a survey reached the first two of three customers;
    and the market leaves everybody a choice:

    >>> from loyalkit import Attachment, Evidence
    >>> Evidence(
    ...     buys_regularly=[True, False, True],
    ...     attachment=[Attachment.LOVE, Attachment.LOW, None],
    ...     has_alternatives=True,
    ... )
    Evidence(n=3, known: buys_regularly=3, attachment=2, has_alternatives=3)
    """

    buys_regularly: NDArray[np.int8]
    attachment: NDArray[np.int8]
    perceives_value: NDArray[np.int8]
    has_alternatives: NDArray[np.int8]
    buys_exclusively: NDArray[np.int8]
    reason_known: NDArray[np.int8]

    def __init__(
        self,
        *,
        buys_regularly: Known = None,
        attachment: Known | Classification[Attachment] = None,
        perceives_value: Known = None,
        has_alternatives: Known = None,
        buys_exclusively: Known = None,
        reason_known: Known = None,
    ) -> None:
        given = {
            "buys_regularly": buys_regularly,
            "attachment": _codes(attachment),
            "perceives_value": perceives_value,
            "has_alternatives": has_alternatives,
            "buys_exclusively": buys_exclusively,
            "reason_known": reason_known,
        }
        known = {
            piece.name: levels(piece.name, given[piece.name], piece.n_values)
            for piece in LOYALTY_EVIDENCE
        }
        columns = {name: column for name, column in known.items() if column.ndim}
        if columns:
            same_length(**columns)
        n = next((column.size for column in columns.values()), 1)
        self.__attrs_init__(  # type: ignore[attr-defined, unused-ignore]
            **{name: frozen(np.broadcast_to(column, n)) for name, column in known.items()}
        )

    def __reduce__(self) -> tuple[Any, ...]:
        # Built anew, since arrays come out of a pickle writeable.
        return partial(Evidence, **self._columns), ()

    def __repr__(self) -> str:
        counts = {name: int(np.count_nonzero(x != -1)) for name, x in self._columns.items()}
        known = [f"{name}={count}" for name, count in counts.items() if count]
        return f"Evidence(n={self.n}, known: {', '.join(known) or 'nothing'})"

    @property
    def n(self) -> int:
        """Customers, those of whom nothing is known included [customers]."""
        return self.buys_regularly.size

    @property
    def _columns(self) -> dict[str, NDArray[np.int8]]:
        return {piece.name: getattr(self, piece.name) for piece in LOYALTY_EVIDENCE}

    def equals(self, other: "Evidence") -> bool:
        """
        Tell whether the same is known about the same customers.

        Parameters
        ----------
        other : Evidence
            The evidence to compare with.

        Returns
        -------
        bool
            True if every piece agrees for every customer, the unknown included.
        """
        mine, theirs = self._columns, other._columns
        return all(np.array_equal(mine[name], theirs[name]) for name in mine)


def _codes(attachment: Known | Classification[Attachment]) -> Known:
    if not isinstance(attachment, Classification):
        return attachment
    labels: object = attachment.labels
    if labels is not Attachment:
        refuse_type("attachment", "must be classified by Attachment", repr(labels))
    return attachment.codes
