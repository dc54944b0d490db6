"""Samples at which an algorithm is undecided because it divides by zero."""

import numpy as np

from dataflow_health.flight.algorithms.condition import Condition, Quantity
from dataflow_health.flight.algorithms.expression import (
    BooleanExpression,
    BooleanOperation,
    Columns,
    Comparison,
    Expression,
    Mask,
    evaluate_boolean,
    evaluate_expression,
    parameter_names,
)
from dataflow_health.flight.algorithms.kinds.kind import AlgorithmKind
from dataflow_health.flight.algorithms.sample_grid import SampleGrid


def divided_by_zero(algorithm: AlgorithmKind, grid: SampleGrid) -> tuple[str, bool]:
    """The expressions that a division by zero leaves undecided.

    Args:
        algorithm: Declaration of the algorithm.
        grid: A recording that has the parameters of the algorithm.

    Returns:
        A text with each expression and its undecided samples, empty when there are none; and
        whether one of the expressions is undecided at every examined sample.
    """
    parts = algorithm.dividing_parts
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
