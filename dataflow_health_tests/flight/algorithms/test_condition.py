import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.flight.algorithms.condition import (
    MAX_LENGTH,
    Condition,
    parse_condition,
    parse_quantity,
    unknown_parameters,
)
from dataflow_health.flight.algorithms.expression import (
    Arithmetic,
    BooleanExpression,
    BooleanOperation,
    Call,
    Comparison,
    Constant,
    Expression,
    ParameterName,
)

numbers = st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: Constant(value + 0.0))
names = st.sampled_from(["a", "b", "engine_1_ng_pct"]).map(ParameterName)


def _larger(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    pairs = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        st.builds(Arithmetic, st.sampled_from(["+", "-", "*", "/"]), inner, inner),
        st.builds(Call, st.just("abs"), st.tuples(inner)),
        st.builds(Call, st.sampled_from(["greatest", "least", "coalesce"]), pairs),
    )


expressions = st.recursive(names | numbers, _larger, max_leaves=6)
comparisons = st.builds(
    Comparison, st.sampled_from(["<", "<=", ">", ">=", "=", "!="]), expressions, expressions
)


def _combined(inner: st.SearchStrategy[BooleanExpression]) -> st.SearchStrategy[BooleanExpression]:
    # An operation inside another of the same operator is written as one flat operation.
    parts = st.lists(comparisons | inner, min_size=2, max_size=3).map(tuple)
    return st.builds(BooleanOperation, st.sampled_from(["and", "or"]), parts)


conditions = st.recursive(comparisons, _combined, max_leaves=5)
COLUMNS = {
    "a": np.array([-1.0, 0.0, 2.0, np.nan]),
    "b": np.array([3.0, np.nan, 0.5, 2.0]),
    "engine_1_ng_pct": np.array([0.0, 1e6, -7.25, 60.0]),
}


@given(conditions)
def test_the_text_of_a_condition_parses_to_an_equal_one(tree: BooleanExpression) -> None:
    written = Condition(tree)
    if not written.parameter_names or len(str(written)) > MAX_LENGTH:
        return
    again = parse_condition(str(written))
    assert str(again) == str(written)
    assert again.evaluate(COLUMNS).tolist() == written.evaluate(COLUMNS).tolist()


@given(conditions)
def test_a_condition_and_its_opposite_never_hold_together(tree: BooleanExpression) -> None:
    condition = Condition(tree)
    both = condition.evaluate(COLUMNS) & condition.negation.evaluate(COLUMNS)
    assert not both.any()


@given(st.text(max_size=60))
def test_any_text_is_a_condition_or_a_value_error(text: str) -> None:
    try:
        condition = parse_condition(text)
    except ValueError:
        return
    assert condition.parameter_names


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a", "a comparison such as x > 1 was expected"),
        ("a > 1 > 2", "a number was expected"),
        ("a > 'x'", "is not allowed"),
        ("a > 1; drop table t", "is not allowed"),
        ("a > 1 -- b", "is not allowed"),
        ("t.a > 1", "a number was expected"),
        ("a > (select 1)", "a number was expected"),
        ("sqrt(a) > 1", "a number was expected"),
        ("a is null", "a comparison such as x > 1 was expected"),
        ("a > 1 and", "cannot read"),
        ("", "cannot read"),
        ("a in (b > 1)", "a number was expected"),
        ("a > 1e999", "a number was expected"),
        ("1 > 0", "contains no parameter"),
        ("a % 2 = 1", "is not allowed"),
        ("true", "a comparison such as x > 1 was expected"),
        ("a > " + "(" * 400 + "1" + ")" * 400, "allowed"),
        ("(" * 400 + "a > 1" + ")" * 400, "nested too deeply; at most 60 levels"),
        ("not " * 200 + "a > 1", "nested too deeply"),
        ("a" + "+a" * 400 + " > 1", "nested too deeply"),
        ("a > 1" + " or a > 1" * 200, f"at most {MAX_LENGTH}"),
    ],
)
def test_anything_else_is_refused_with_the_allowed_syntax(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=r"allowed|contains no parameter") as error:
        parse_condition(text)
    assert says in str(error.value)


def test_an_expression_is_not_a_condition() -> None:
    with pytest.raises(ValueError, match="a number was expected"):
        parse_quantity("a > 1")


def test_between_with_its_ends_in_any_order_is_refused() -> None:
    with pytest.raises(ValueError, match="is not allowed here"):
        parse_condition("a between symmetric 3 and 2")


def test_between_and_in_are_comparisons() -> None:
    columns = {"a": np.array([1.0, 2.0, 3.0, 4.0, np.nan])}
    assert parse_condition("a between 2 and 3").evaluate(columns).tolist() == [0, 1, 1, 0, 0]
    assert parse_condition("a not between 2 and 3").evaluate(columns).tolist() == [1, 0, 0, 1, 0]
    assert parse_condition("a in (1, 4)").evaluate(columns).tolist() == [1, 0, 0, 1, 0]
    assert parse_condition("a not in (1, 4)").evaluate(columns).tolist() == [0, 1, 1, 0, 0]


def test_spacing_and_case_of_words_do_not_change_a_condition() -> None:
    assert parse_condition("a>1 AND b<2") == parse_condition(" a > 1.0   and (b < 2) ")


def test_an_unknown_name_is_reported_with_the_most_similar_one() -> None:
    known = {"engine_1_ng_pct", "engine_2_ng_pct", "pitch_deg"}
    assert unknown_parameters(
        parse_condition("engine_1_gn_pct > 1 and pitch_deg > 2").parameter_names, known
    ) == ["unknown parameter engine_1_gn_pct, did you mean engine_1_ng_pct?"]
    assert unknown_parameters({"zzz"}, known) == ["unknown parameter zzz"]


def test_a_condition_can_be_pickled() -> None:
    condition = parse_condition("abs(a - b) > 80")
    assert pickle.loads(pickle.dumps(condition)) == condition


def test_a_condition_may_be_as_long_as_the_limit() -> None:
    text = "a > 1" + " or a > 1" * 110
    padded = text + " " * (MAX_LENGTH - len(text))
    assert parse_condition(padded).parameter_names == {"a"}
    with pytest.raises(ValueError, match="has 1001 characters; at most 1000 are allowed"):
        parse_condition(padded + " ")
