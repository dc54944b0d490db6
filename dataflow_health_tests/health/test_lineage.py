from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.errors import NotFound
from dataflow_health.health.lineage import Lineage

DIAMOND = Lineage.of(
    [("a:1", "b:1"), ("a:1", "b:2"), ("b:1", "c:1"), ("b:2", "c:1"), ("c:1", "d:1"), ("x:1", "d:1")]
)
ARROWS = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 9)).map(lambda ab: (f"n:{ab[0]}", f"n:{ab[1]}")),
    min_size=1,
)


def test_upstream_and_downstream_have_distances_and_end_at_the_depth() -> None:
    assert DIAMOND.upstream("c:1") == {"c:1": 0, "b:1": 1, "b:2": 1, "a:1": 2}
    assert DIAMOND.downstream("b:1") == {"b:1": 0, "c:1": 1, "d:1": 2}
    assert DIAMOND.downstream("a:1", 1) == {"a:1": 0, "b:1": 1, "b:2": 1}


def test_a_path_is_a_shortest_way_along_the_arrows() -> None:
    assert DIAMOND.path("a:1", "d:1") == ("a:1", "b:1", "c:1", "d:1")
    assert DIAMOND.path("a:1", "a:1") == ("a:1",)
    assert DIAMOND.path("d:1", "a:1") == ()


def test_all_ways_between_two_nodes_are_found() -> None:
    assert DIAMOND.ways("a:1", "d:1") == {"a:1", "b:1", "b:2", "c:1", "d:1"}
    assert DIAMOND.ways("d:1", "a:1") == frozenset()


def test_an_unknown_node_is_an_error_with_near_names() -> None:
    with pytest.raises(NotFound, match=r"did you mean c:1\?"):
        Lineage.of([("b:x", "c:1")]).path("c:1", "c:2")
    with pytest.raises(NotFound, match="did you mean column:torque"):
        Lineage.of([("column:torque", "algorithm:b")]).upstream("torque")


@given(arrows=ARROWS)
def test_what_is_downstream_has_the_node_upstream_at_the_same_distance(
    arrows: list[tuple[str, str]],
) -> None:
    lineage = Lineage.of(arrows)
    for node in lineage.nodes:
        for other, distance in lineage.downstream(node).items():
            assert lineage.upstream(other)[node] == distance
            way = lineage.path(node, other)
            assert len(way) == distance + 1
            assert all(pair in lineage.arrows for pair in pairwise(way))
