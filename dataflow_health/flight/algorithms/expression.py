"""Arithmetic over parameters and what is true of it: a small tree, evaluated on whole columns.

Text becomes a tree in ``condition.py``. Here is only what the tree means: float64 throughout, and a
missing sample (NaN) is evidence of nothing, so every comparison with it is False.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Literal

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Columns = Mapping[str, Values]
"""float64 (n,) by parameter name, all of the same n."""

Operator = Literal["+", "-", "*", "/"]
Relation = Literal["<", "<=", ">", ">=", "=", "!="]
Function = Literal["abs", "greatest", "least", "coalesce"]

NEGATED: Mapping[Relation, Relation] = {
    "<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "!=", "!=": "=",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Number:
    """A constant."""

    value: float

    def __str__(self) -> str:
        return repr(self.value).removesuffix(".0")


@dataclass(frozen=True, slots=True)
class Name:
    """A parameter."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``left operator right``. Division by zero is a missing sample, not infinity."""

    operator: Operator
    left: "Expression"
    right: "Expression"

    def __str__(self) -> str:
        return f"{_inner(self.left)} {self.operator} {_inner(self.right)}"


@dataclass(frozen=True, slots=True)
class Call:
    """A function of expressions.

    ``greatest`` and ``least`` skip missing arguments, ``coalesce`` takes the first that is there,
    as in Spark SQL.
    """

    function: Function
    arguments: tuple["Expression", ...]

    def __str__(self) -> str:
        return f"{self.function}({', '.join(map(str, self.arguments))})"


Expression = Number | Name | Arithmetic | Call


def _inner(part: Expression) -> str:
    return f"({part})" if isinstance(part, Arithmetic) else str(part)


@dataclass(frozen=True, slots=True)
class Comparison:
    """``left relation right``; False where either side is missing."""

    relation: Relation
    left: Expression
    right: Expression

    def __str__(self) -> str:
        return f"{self.left} {self.relation} {self.right}"


@dataclass(frozen=True, slots=True)
class Junction:
    """All (``and``) or any (``or``) of its parts."""

    word: Literal["and", "or"]
    parts: tuple["Truth", ...]

    def __str__(self) -> str:
        texts = (f"({part})" if isinstance(part, Junction) else str(part) for part in self.parts)
        return f" {self.word} ".join(texts)


Truth = Comparison | Junction
"""There is no ``not``: it is pushed down to the comparisons when a condition is read, so that a
missing sample cannot become True by being negated."""


def value_of(expression: Expression, columns: Columns) -> Values:
    """Values of an expression, float64 of the columns' shape (or a scalar array for a constant)."""
    match expression:
        case Number(value):
            return np.asarray(value, dtype=np.float64)
        case Name(name):
            return columns[name]
        case Arithmetic(operator, left, right):
            return _calculated(operator, value_of(left, columns), value_of(right, columns))
        case Call("abs", (argument,)):
            return np.abs(value_of(argument, columns))
        case Call(function, arguments):
            return reduce(_COMBINE[function], (value_of(part, columns) for part in arguments))


def truth_of(truth: Truth, columns: Columns) -> Mask:
    """Where the condition holds, bool of the columns' shape."""
    match truth:
        case Comparison(relation, left, right):
            return _compared(relation, value_of(left, columns), value_of(right, columns))
        case Junction(word, parts):
            join = np.logical_and if word == "and" else np.logical_or
            return reduce(join, (truth_of(part, columns) for part in parts))


def negated(truth: Truth) -> Truth:
    """The opposite, by De Morgan's laws, with every comparison turned round."""
    match truth:
        case Comparison(relation, left, right):
            return Comparison(NEGATED[relation], left, right)
        case Junction(word, parts):
            other: Literal["and", "or"] = "or" if word == "and" else "and"
            return Junction(other, tuple(negated(part) for part in parts))


def names_in(tree: Expression | Truth) -> frozenset[str]:
    """Names of all parameters used."""
    return frozenset(_names(tree))


def first_comparison(truth: Truth) -> Comparison:
    """The leftmost comparison: what an algorithm is mainly about, by convention."""
    return truth if isinstance(truth, Comparison) else first_comparison(truth.parts[0])


def _names(tree: Expression | Truth) -> Iterator[str]:
    match tree:
        case Name(name):
            yield name
        case Arithmetic(_, left, right) | Comparison(_, left, right):
            yield from _names(left)
            yield from _names(right)
        case Call(_, parts) | Junction(_, parts):
            for part in parts:
                yield from _names(part)


def _calculated(operator: Operator, left: Values, right: Values) -> Values:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / np.where(right == 0, np.nan, right)


def _compared(relation: Relation, left: Values, right: Values) -> Mask:
    match relation:
        case "<":
            return np.less(left, right)
        case "<=":
            return np.less_equal(left, right)
        case ">":
            return np.greater(left, right)
        case ">=":
            return np.greater_equal(left, right)
        case "=":
            return np.equal(left, right)
        case "!=":  # numpy says NaN != 1; a missing sample is no evidence of a difference
            return np.less(left, right) | np.greater(left, right)


def _first_there(left: Values, right: Values) -> Values:
    return np.where(np.isnan(left), right, left)


_COMBINE: Mapping[str, Callable[[Values, Values], Values]] = {
    "greatest": np.fmax,
    "least": np.fmin,
    "coalesce": _first_there,
}
