"""Samples at which an algorithm is undecided because it divides by zero."""

from collections.abc import Iterator

import numpy as np

from dataflow_health.flight.algorithms.condition import Condition, Quantity
from dataflow_health.flight.algorithms.expression import (
    Arithmetic,
    BooleanExpression,
    BooleanOperation,
    Call,
    Columns,
    Comparison,
    Constant,
    Expression,
    Mask,
    evaluate_boolean,
    evaluate_expression,
    parameter_names,
)
from dataflow_health.flight.algorithms.kinds.kind import AlgorithmKind
from dataflow_health.flight.algorithms.sample_grid import SampleGrid

_EVENT_PARTS = {"clear", "peak"}
"""Fields that describe an event once it has begun, and so cannot hide one."""


def divided_by_zero(algorithm: AlgorithmKind, grid: SampleGrid) -> tuple[str, bool]:
    """The expressions that a division by zero leaves undecided.

    Args:
        algorithm: Declaration of the algorithm.
        grid: A recording that has the parameters of the algorithm.

    Returns:
        A text with each expression and its undecided samples, empty when there are none; and
        whether one of the expressions is undecided at every examined sample.
    """
    parts = tuple(_dividing_parts(algorithm))
    if not parts:
        return "", False
    rate_hz = grid.rate_hz(algorithm.parameter_names & grid.flight.values.keys())
    in_phase = grid.phase_mask(algorithm.during, rate_hz)
    guard = getattr(algorithm, "when", None)
    texts, is_undecided_throughout = [], False
    for part in parts:
        if not part.parameter_names <= grid.flight.values.keys():
            continue
        columns = grid.columns(part.parameter_names, rate_hz)
        is_examined = in_phase & _all_known(part.tree, columns)
        if isinstance(part, Quantity) and guard is not None:
            is_examined &= grid.condition_mask(guard, rate_hz)
        undecided, examined = (_undecided(part, columns) & is_examined).sum(), is_examined.sum()
        if undecided:
            texts.append(f"{part} ({undecided} of {examined} samples)")
            is_undecided_throughout |= bool(undecided == examined)
    return ", ".join(texts), is_undecided_throughout


def _dividing_parts(algorithm: AlgorithmKind) -> Iterator[Condition | Quantity]:
    for name in type(algorithm).model_fields:
        value = getattr(algorithm, name)
        for part in value if isinstance(value, tuple) else (value,):
            is_expression = isinstance(part, Condition | Quantity) and name not in _EVENT_PARTS
            if is_expression and _divides(part.tree):
                yield part


def _divides(tree: Expression | BooleanExpression) -> bool:
    match tree:
        case Arithmetic(operator, left, right):
            by_number = isinstance(right, Constant) and right.value != 0
            return (operator == "/" and not by_number) or _divides(left) or _divides(right)
        case Comparison(_, left, right):
            return _divides(left) or _divides(right)
        case Call(_, parts) | BooleanOperation(_, parts):
            return any(map(_divides, parts))
        case _:
            return False


def _undecided(part: Condition | Quantity, columns: Columns) -> Mask:
    """True where the samples are known, but not whether the condition holds, or the value."""
    with np.errstate(over="ignore", invalid="ignore"):
        if isinstance(part, Quantity):
            return np.isnan(evaluate_expression(part.tree, columns))
        return _may_hold(part.tree, columns) & ~evaluate_boolean(part.tree, columns)


def _may_hold(condition: BooleanExpression, columns: Columns) -> Mask:
    """True where a condition holds or would with another value for each undefined expression."""
    match condition:
        case Comparison(_, left, right):
            sides = (evaluate_expression(side, columns) for side in (left, right))
            is_undefined = np.logical_or(*map(np.isnan, sides))
            return evaluate_boolean(condition, columns) | is_undefined
        case BooleanOperation(operator, parts):
            join = np.logical_and if operator == "and" else np.logical_or
            masks: Mask = join.reduce(
                np.broadcast_arrays(*(_may_hold(part, columns) for part in parts))
            )
            return masks


def _all_known(tree: Expression | BooleanExpression, columns: Columns) -> Mask:
    masks = [~np.isnan(columns[name]) for name in sorted(parameter_names(tree))]
    known: Mask = np.logical_and.reduce(masks)
    return known
