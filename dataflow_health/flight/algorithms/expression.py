"""Expressions over parameters as a small tree, and its evaluation on whole columns.

``condition.py`` parses text into the tree; this module defines its meaning: float64 throughout, and
a missing sample (NaN) is evidence of nothing, so every comparison with it is False.
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

ArithmeticOperator = Literal["+", "-", "*", "/"]
ComparisonOperator = Literal["<", "<=", ">", ">=", "=", "!="]
FunctionName = Literal["abs", "greatest", "least", "coalesce"]

OPPOSITE_OPERATOR: Mapping[ComparisonOperator, ComparisonOperator] = {
    "<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "!=", "!=": "=",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Constant:
    """A constant."""

    value: float

    def __str__(self) -> str:
        return repr(self.value).removesuffix(".0")


@dataclass(frozen=True, slots=True)
class ParameterName:
    """A parameter."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``left operator right``. Division by zero gives a missing sample, not infinity."""

    operator: ArithmeticOperator
    left: "Expression"
    right: "Expression"

    def __str__(self) -> str:
        return f"{_parenthesised(self.left)} {self.operator} {_parenthesised(self.right)}"


@dataclass(frozen=True, slots=True)
class Call:
    """A function of expressions.

    ``greatest`` and ``least`` skip missing arguments, ``coalesce`` takes the first that is not
    missing, as in Spark SQL.
    """

    function: FunctionName
    arguments: tuple["Expression", ...]

    def __str__(self) -> str:
        return f"{self.function}({', '.join(map(str, self.arguments))})"


Expression = Constant | ParameterName | Arithmetic | Call


def _parenthesised(part: Expression) -> str:
    return f"({part})" if isinstance(part, Arithmetic) else str(part)


@dataclass(frozen=True, slots=True)
class Comparison:
    """``left operator right``; False where either side is missing."""

    operator: ComparisonOperator
    left: Expression
    right: Expression

    def __str__(self) -> str:
        return f"{self.left} {self.operator} {self.right}"


@dataclass(frozen=True, slots=True)
class BooleanOperation:
    """Conjunction (``and``) or disjunction (``or``) of its parts."""

    operator: Literal["and", "or"]
    parts: tuple["BooleanExpression", ...]

    def __str__(self) -> str:
        texts = (
            f"({part})" if isinstance(part, BooleanOperation) else str(part) for part in self.parts
        )
        return f" {self.operator} ".join(texts)


BooleanExpression = Comparison | BooleanOperation
"""There is no ``not``: parsing pushes it down to the comparisons, so that a missing sample cannot
become True by negation."""


def evaluate_expression(expression: Expression, columns: Columns) -> Values:
    """Values of an expression, float64 of the columns' shape (or a scalar array for a constant)."""
    match expression:
        case Constant(value):
            return np.asarray(value, dtype=np.float64)
        case ParameterName(name):
            return columns[name]
        case Arithmetic(operator, left, right):
            return _calculate(
                operator, evaluate_expression(left, columns), evaluate_expression(right, columns)
            )
        case Call("abs", (argument,)):
            return np.abs(evaluate_expression(argument, columns))
        case Call(function, arguments):
            return reduce(
                _COMBINE[function], (evaluate_expression(part, columns) for part in arguments)
            )


def evaluate_boolean(condition: BooleanExpression, columns: Columns) -> Mask:
    """True where the condition holds, bool of the columns' shape."""
    match condition:
        case Comparison(operator, left, right):
            return _compare(
                operator, evaluate_expression(left, columns), evaluate_expression(right, columns)
            )
        case BooleanOperation(operator, parts):
            join = np.logical_and if operator == "and" else np.logical_or
            return reduce(join, (evaluate_boolean(part, columns) for part in parts))


def negate(condition: BooleanExpression) -> BooleanExpression:
    """The opposite condition, by De Morgan's laws, with the opposite of every comparison."""
    match condition:
        case Comparison(operator, left, right):
            return Comparison(OPPOSITE_OPERATOR[operator], left, right)
        case BooleanOperation(operator, parts):
            opposite: Literal["and", "or"] = "or" if operator == "and" else "and"
            return BooleanOperation(opposite, tuple(negate(part) for part in parts))


def parameter_names(tree: Expression | BooleanExpression) -> frozenset[str]:
    """Names of all parameters in the tree."""
    return frozenset(_names(tree))


def divides(tree: Expression | BooleanExpression) -> bool:
    """Whether the tree divides by anything but a number other than zero."""
    match tree:
        case Arithmetic(operator, left, right):
            by_number = isinstance(right, Constant) and right.value != 0
            return (operator == "/" and not by_number) or divides(left) or divides(right)
        case Comparison(_, left, right):
            return divides(left) or divides(right)
        case Call(_, parts) | BooleanOperation(_, parts):
            return any(map(divides, parts))
        case _:
            return False


def first_comparison(condition: BooleanExpression) -> Comparison:
    """The leftmost comparison, by convention the main one of an algorithm."""
    return condition if isinstance(condition, Comparison) else first_comparison(condition.parts[0])


def _names(tree: Expression | BooleanExpression) -> Iterator[str]:
    match tree:
        case ParameterName(name):
            yield name
        case Arithmetic(_, left, right) | Comparison(_, left, right):
            yield from _names(left)
            yield from _names(right)
        case Call(_, parts) | BooleanOperation(_, parts):
            for part in parts:
                yield from _names(part)


def _calculate(operator: ArithmeticOperator, left: Values, right: Values) -> Values:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / np.where(right == 0, np.nan, right)


def _compare(operator: ComparisonOperator, left: Values, right: Values) -> Mask:
    match operator:
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
        case "!=":  # in numpy NaN != 1 is True; here a missing sample is no difference
            return np.less(left, right) | np.greater(left, right)


def _coalesce(left: Values, right: Values) -> Values:
    return np.where(np.isnan(left), right, left)


_COMBINE: Mapping[str, Callable[[Values, Values], Values]] = {
    "greatest": np.fmax,
    "least": np.fmin,
    "coalesce": _coalesce,
}
