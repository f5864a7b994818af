"""
What is known about each customer's loyalty, piece by piece, the unknown included.

Conventions: a truth value is 0 or 1, attachment is 0 to 2, and -1 is unknown. Nothing
is guessed: a piece that nobody asked about is unknown for everybody.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from functools import partial
from typing import Any, TypeAlias, cast

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray
from typing_extensions import override

from loyalkit._arrays import frozen, levels, same_length
from loyalkit._messages import refuse, refuse_type
from loyalkit.attachment import Attachment
from loyalkit.classification import Classification

__all__ = ["LOYALTY_EVIDENCE", "Evidence", "EvidencePiece", "EvidenceTable"]

Known: TypeAlias = ArrayLike | Sequence[bool | int | float | None] | Classification[Any] | None
"""What is known of a piece: one value for all customers or one each; None is unknown."""

_HIGHEST = 127


@attrs.frozen
class EvidencePiece:
    """
    One piece of evidence: its name, the values it can take, the question behind it.

    Parameters
    ----------
    name : str
        What the piece is called.
    values : type or range
        ``bool``; an ``IntEnum``, or the whole numbers of a ``range`` such as
        ``range(1, 6)`` for scores from 1 to 5, next to one another and not below 0.
    question : str
        The question whose answer is the value.
    when_unknown : int, optional
        Value as which an unknown answer is read. None leaves every value possible.

    Raises
    ------
    TypeError
        If ``values`` is none of these.
    ValueError
        If the values have a gap, are below 0 or beyond 127, or ``when_unknown`` is none
        of them.

    Examples
    --------
    >>> from loyalkit import Attachment, EvidencePiece
    >>> EvidencePiece("attachment", Attachment, "How strong is the bond?").n_values
    3
    >>> EvidencePiece("recency", range(1, 6), "How recent is the last purchase?").n_values
    5
    """

    name: str
    values: type[IntEnum] | type[bool] | range
    question: str = ""
    when_unknown: int | None = None

    def __attrs_post_init__(self) -> None:
        kind: Any = self.values
        if not (isinstance(kind, range) or (isinstance(kind, type) and _is_kind(kind))):
            refuse_type("values", "must be bool, a subclass of IntEnum or a range", repr(kind))
        rule = f"must run without a gap, from 0 or more to {_HIGHEST}"
        # A range can be too long to be written out.
        if isinstance(kind, range) and kind[: _HIGHEST + 1] != kind:
            refuse("values", rule, repr(kind))
        found = self.levels
        if not found or found[0] < 0 or found[-1] > _HIGHEST or found != _run(found):
            refuse("values", rule, [*found])
        if self.when_unknown is not None and self.when_unknown not in found:
            refuse("when_unknown", f"must be from {found[0]} to {found[-1]}", self.when_unknown)

    @property
    def levels(self) -> tuple[int, ...]:
        """The values as whole numbers, ascending."""
        every: Iterable[Any] = (0, 1) if self.values is bool else cast(Any, self.values)
        return tuple(sorted(int(value) for value in every))

    @property
    def n_values(self) -> int:
        """How many values the piece can take."""
        return len(self.levels)

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
            The name of the level, its number if it has no name, or "yes" or "no".
        """
        if isinstance(self.values, range):
            return str(int(value))
        if issubclass(self.values, IntEnum):
            return self.values(value).name
        return "yes" if value else "no"


def _is_kind(kind: type) -> bool:
    return kind is bool or issubclass(kind, IntEnum)


def _run(found: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(range(found[0], found[0] + len(found)))


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
class EvidenceTable:
    """
    What is known about each customer, for pieces of evidence of one's own.

    Parameters
    ----------
    pieces : sequence of EvidencePiece
        What can be known, in the order of a `RuleTable` about it.
    known : mapping of str to array_like or Classification
        For each piece, or some, one value for each customer or one for all. None, NaN
        and -1 are unknown; pieces that are not named are unknown for all.

    Raises
    ------
    TypeError
        If a piece holds anything but its kind of values.
    ValueError
        If a value is out of range, the pieces differ in length, two have the same name,
        or something is known of a piece that does not exist.

    See Also
    --------
    Evidence : The six pieces that tell the kinds of loyalty apart.
    assign_labels : What a table of one's own says about the customers.

    Notes
    -----
    Arrays of bool and int8 are not copied.

    Examples
    --------
    Three customers were scored by recency; the tier of one of them is not known:

    >>> from enum import IntEnum
    >>> from loyalkit import EvidencePiece, EvidenceTable
    >>> Tier = IntEnum("Tier", {"GOLD": 0, "BLUE": 1})
    >>> pieces = [EvidencePiece("recency", range(1, 6)), EvidencePiece("tier", Tier)]
    >>> EvidenceTable(pieces, {"recency": [5, 1, 3], "tier": [Tier.GOLD, None, Tier.BLUE]})
    EvidenceTable(n=3, known: recency=3, tier=2)
    """

    pieces: tuple[EvidencePiece, ...]
    columns: tuple[NDArray[np.int8], ...]

    def __init__(self, pieces: Iterable[EvidencePiece], known: Mapping[str, Known]) -> None:
        pieces = tuple(pieces)
        names = [piece.name for piece in pieces]
        if len(set(names)) < len(names) or not names:
            refuse("pieces", "must have different names, and be one at least", names)
        for name in known:
            if name not in names:
                refuse("known", f"must be about {', '.join(names)}", name)
        found = {piece.name: _column(piece, known.get(piece.name)) for piece in pieces}
        columns = {name: column for name, column in found.items() if column.ndim}
        if columns:
            same_length(**columns)
        n = next((column.size for column in columns.values()), 1)
        self.__attrs_init__(  # type: ignore[attr-defined, unused-ignore]
            pieces=pieces,
            columns=tuple(frozen(np.broadcast_to(column, n)) for column in found.values()),
        )

    def __reduce__(self) -> tuple[Any, ...]:
        # Built anew, since arrays come out of a pickle writeable.
        return type(self), (self.pieces, self.known)

    def __repr__(self) -> str:
        counts = {name: int(np.count_nonzero(x != -1)) for name, x in self.known.items()}
        known = [f"{name}={count}" for name, count in counts.items() if count]
        return f"{type(self).__name__}(n={self.n}, known: {', '.join(known) or 'nothing'})"

    @property
    def n(self) -> int:
        """Customers, those of whom nothing is known included [customers]."""
        return self.columns[0].size

    @property
    def known(self) -> dict[str, NDArray[np.int8]]:
        """The values of each piece by its name, int8 of shape (n,); -1 where unknown."""
        names = (piece.name for piece in self.pieces)
        return dict(zip(names, self.columns, strict=True))

    def equals(self, other: "EvidenceTable") -> bool:
        """
        Tell whether the same is known about the same customers.

        Parameters
        ----------
        other : EvidenceTable
            The evidence to compare with.

        Returns
        -------
        bool
            True if it has the same pieces, and every one agrees for every customer, the
            unknown included.
        """
        return self.pieces == other.pieces and all(map(np.array_equal, self.columns, other.columns))


@attrs.frozen(init=False, eq=False, repr=False)
class Evidence(EvidenceTable):
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
    truth_from : Truth values from a number and a threshold.
    assign_segments : What the evidence says about the kind of loyalty.
    EvidenceTable : Pieces of one's own.

    Notes
    -----
    Arrays of bool and int8 are not copied. Evidence that contradicts itself, such as no
    alternatives and purchases elsewhere, is kept as it is: `SegmentAssignment.flags`
    marks it.

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

    def __init__(
        self,
        *,
        buys_regularly: Known = None,
        attachment: Known = None,
        perceives_value: Known = None,
        has_alternatives: Known = None,
        buys_exclusively: Known = None,
        reason_known: Known = None,
    ) -> None:
        known: dict[str, Any] = {
            "buys_regularly": buys_regularly,
            "attachment": attachment,
            "perceives_value": perceives_value,
            "has_alternatives": has_alternatives,
            "buys_exclusively": buys_exclusively,
            "reason_known": reason_known,
        }
        super().__init__(LOYALTY_EVIDENCE, known)

    @override
    def __reduce__(self) -> tuple[Any, ...]:
        return partial(Evidence, **self.known), ()

    @property
    def buys_regularly(self) -> NDArray[np.int8]:
        """Whether each customer buys regularly: 1, 0, or -1 where unknown."""
        return self.columns[0]

    @property
    def attachment(self) -> NDArray[np.int8]:
        """How strongly each customer feels bound: 0 to 2, or -1 where unknown."""
        return self.columns[1]

    @property
    def perceives_value(self) -> NDArray[np.int8]:
        """Whether each customer sees added value: 1, 0, or -1 where unknown."""
        return self.columns[2]

    @property
    def has_alternatives(self) -> NDArray[np.int8]:
        """Whether each customer feels free to buy elsewhere: 1, 0, or -1 where unknown."""
        return self.columns[3]

    @property
    def buys_exclusively(self) -> NDArray[np.int8]:
        """Whether each customer buys only here: 1, 0, or -1 where unknown."""
        return self.columns[4]

    @property
    def reason_known(self) -> NDArray[np.int8]:
        """Whether the firm knows why each customer is loyal: 1, 0, or -1 where unknown."""
        return self.columns[5]


def _column(piece: EvidencePiece, given: Known) -> NDArray[np.int8]:
    if isinstance(given, Classification):
        labels: object = given.labels
        if labels is not piece.values:
            wanted = getattr(piece.values, "__name__", repr(piece.values))
            # An enumeration may as well count from its best label, so that 1 would mean no.
            advice = ": pass its codes where 1 means yes" if piece.values is bool else ""
            refuse_type(piece.name, f"must be classified by {wanted}{advice}", repr(labels))
        given = given.codes
    return levels(piece.name, given, piece.n_values, piece.levels[0])
