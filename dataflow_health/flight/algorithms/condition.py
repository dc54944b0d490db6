"""Parses conditions and expressions of the YAML into a small tree, by means of sqlglot.

The text is never evaluated, pasted into a query or trusted: only the forms listed in
``ALLOWED_SYNTAX`` become part of the tree, and everything else is an error with that list.
"""

import difflib
import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import sqlglot
from sqlglot import exp

from dataflow_health.flight.algorithms.expression import (
    Arithmetic,
    ArithmeticOperator,
    BooleanExpression,
    BooleanOperation,
    Call,
    Columns,
    Comparison,
    ComparisonOperator,
    Constant,
    Expression,
    FunctionName,
    Mask,
    ParameterName,
    Values,
    evaluate_boolean,
    evaluate_expression,
    negate,
    parameter_names,
)

ALLOWED_SYNTAX = (
    "parameters, numbers, + - * /, abs() greatest() least() coalesce(), parentheses, "
    "< <= > >= = !=, between, in, and, or, not"
)
MAX_LENGTH = 1000
"""Characters in one condition; longer text is a program and belongs in kind ``python``."""

MAX_DEPTH = 60
"""Nesting levels of one condition: functions that walk it call themselves for each."""
_TOO_DEEP = f"the condition is nested too deeply; at most {MAX_DEPTH} levels are allowed"

_FORBIDDEN_TEXT = re.compile(r"[^\w\s.,+\-*/()<>=!]|--|/\*")
_PARAMETER_NAME = re.compile(r"[A-Za-z_]\w*")

_COMPARISONS: Mapping[type[exp.Expr], ComparisonOperator] = {
    exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">=", exp.EQ: "=", exp.NEQ: "!=",
}  # fmt: skip
_OPERATORS: Mapping[type[exp.Expr], ArithmeticOperator] = {
    exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/",
}  # fmt: skip
_FUNCTIONS: Mapping[type[exp.Expr], FunctionName] = {
    exp.Abs: "abs", exp.Greatest: "greatest", exp.Least: "least", exp.Coalesce: "coalesce",
}  # fmt: skip


@dataclass(frozen=True)
class Condition:
    """A condition that is true or false at every sample of a flight."""

    tree: BooleanExpression

    @cached_property
    def parameter_names(self) -> frozenset[str]:
        """Parameters of the condition."""
        return parameter_names(self.tree)

    def evaluate(self, columns: Columns) -> Mask:
        """True where the condition holds; a comparison with a missing sample (NaN) is False.

        Args:
            columns: float64 (n,) by name, at least :attr:`parameter_names`.

        Returns:
            bool (n,).
        """
        with np.errstate(over="ignore", invalid="ignore"):
            return evaluate_boolean(self.tree, columns)

    @property
    def negation(self) -> "Condition":
        """The opposite condition; where a sample is missing, neither holds."""
        return Condition(negate(self.tree))

    def __str__(self) -> str:
        return str(self.tree)


@dataclass(frozen=True)
class Quantity:
    """A number at every sample of a flight: a parameter, or arithmetic over some."""

    tree: Expression

    @cached_property
    def parameter_names(self) -> frozenset[str]:
        """Parameters of the expression."""
        return parameter_names(self.tree)

    def evaluate(self, columns: Columns) -> Values:
        """Values of the expression, NaN where they are unknown.

        Args:
            columns: float64 (n,) by name, at least :attr:`parameter_names`.

        Returns:
            float64 (n,).
        """
        with np.errstate(over="ignore", invalid="ignore"):
            return evaluate_expression(self.tree, columns)

    def __str__(self) -> str:
        return str(self.tree)


def parse_condition(text: str) -> Condition:
    """Parses a condition such as ``engine_1_oil_pressure_psi < 35 and engine_1_ng_pct > 60``.

    Raises:
        ValueError: The text is not a condition; the message names the part and what is allowed.
    """
    condition = Condition(_to_boolean(_parse_sql(text)))
    if not condition.parameter_names:
        raise ValueError(f"{text!r} contains no parameter, so it is always the same")
    return condition


def parse_quantity(text: str) -> Quantity:
    """Parses an expression such as ``abs(fuel_quantity_left_kg - fuel_quantity_right_kg)``.

    Raises:
        ValueError: The text is not an expression; the message names the part and what is allowed.
    """
    quantity = Quantity(_to_expression(_parse_sql(text)))
    if not quantity.parameter_names:
        raise ValueError(f"{text!r} contains no parameter, so it is always the same")
    return quantity


def unknown_parameters(names: Iterable[str], known: Collection[str]) -> list[str]:
    """One problem for each unknown name, with the most similar known name."""
    return [
        f"unknown parameter {name}" + _suggest_name(name, known)
        for name in sorted(names)
        if name not in known
    ]


def _suggest_name(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f", did you mean {near[0]}?" if near else ""


def _parse_sql(text: str) -> exp.Expr:
    if len(text) > MAX_LENGTH:
        raise ValueError(
            f"the condition has {len(text)} characters; at most {MAX_LENGTH} are allowed"
        )
    if forbidden := _FORBIDDEN_TEXT.search(text):
        raise ValueError(
            f"{forbidden.group()!r} is not allowed in {text!r}; allowed: {ALLOWED_SYNTAX}"
        )
    try:
        parsed = sqlglot.parse_one(text)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    except sqlglot.errors.SqlglotError as error:
        # sqlglot's own message contains terminal codes and SQL terms.
        raise ValueError(f"cannot read {text!r}; allowed: {ALLOWED_SYNTAX}") from error
    if _depth(parsed) > MAX_DEPTH:
        raise ValueError(_TOO_DEEP)
    return parsed


def _depth(tree: exp.Expr) -> int:
    """Levels of a syntax tree, counted without recursion; ``a and b and c`` is one level."""
    deepest, waiting = 0, [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        deepest = max(deepest, depth)
        for child in node.iter_expressions():
            is_chain = isinstance(node, exp.And | exp.Or) and type(child) is type(node)
            waiting.append((child, depth + (not is_chain)))
    return deepest


def _to_boolean(node: exp.Expr) -> BooleanExpression:
    match node:
        case exp.Paren():
            return _to_boolean(node.this)
        case exp.Not():
            return negate(_to_boolean(node.this))
        case exp.And() | exp.Or():
            return BooleanOperation(
                "and" if isinstance(node, exp.And) else "or",
                tuple(_to_boolean(part) for part in node.flatten()),
            )
        case exp.Between() if not node.args.get("symmetric"):
            return _between(node)
        case exp.In() if node.expressions:
            value = _to_expression(node.this)
            parts = (Comparison("=", value, _to_expression(item)) for item in node.expressions)
            return BooleanOperation("or", tuple(parts))
        case _ if operator := _COMPARISONS.get(type(node)):
            return Comparison(operator, _to_expression(node.this), _to_expression(node.expression))
        case _:
            raise _syntax_error(node, "a comparison such as x > 1 was expected")


def _between(node: exp.Between) -> BooleanExpression:
    value = _to_expression(node.this)
    low = Comparison(">=", value, _to_expression(node.args["low"]))
    return BooleanOperation(
        "and", (low, Comparison("<=", value, _to_expression(node.args["high"])))
    )


def _to_expression(node: exp.Expr) -> Expression:
    match node:
        case exp.Paren():
            return _to_expression(node.this)
        case exp.Literal() if not node.is_string and math.isfinite(float(node.this)):
            return Constant(float(node.this))
        case exp.Neg():
            return _negate_number(_to_expression(node.this))
        case exp.Column() if not node.table and _PARAMETER_NAME.fullmatch(node.name):
            return ParameterName(node.name)
        case _ if operator := _OPERATORS.get(type(node)):
            return Arithmetic(operator, _to_expression(node.this), _to_expression(node.expression))
        case _ if function := _FUNCTIONS.get(type(node)):
            return Call(
                function, tuple(_to_expression(part) for part in [node.this, *node.expressions])
            )
        case _:
            raise _syntax_error(node, "a number was expected")


def _negate_number(value: Expression) -> Expression:
    if isinstance(value, Constant):
        return Constant(-value.value)
    return Arithmetic("-", Constant(0), value)


def _syntax_error(node: exp.Expr, expected: str) -> ValueError:
    return ValueError(f"{node.sql()!r} is not allowed here: {expected}; allowed: {ALLOWED_SYNTAX}")
