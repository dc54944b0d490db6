"""Dependencies and order of processes."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.errors import ConfigError, ConfigIssue
from dataflow_health.health.graph import Pipeline
from dataflow_health_tests.health.factories import chain, make_process


def test_before_declares_the_same_dependency_as_after() -> None:
    pipeline = chain()
    assert pipeline.upstream["second"] == ("service", "first")
    assert pipeline.downstream["service"] == ("second",)


def test_ancestors_and_descendants_go_all_the_way() -> None:
    pipeline = chain()
    assert pipeline.ancestors("third") == ("service", "first", "second")
    assert pipeline.descendants("first") == ("second", "third")
    assert pipeline.between("first", "third") == ("first", "second", "third")
    assert pipeline.between("third", "first") == ()


def test_the_order_does_not_depend_on_the_order_of_files() -> None:
    processes = chain().processes
    orders = {
        Pipeline.of({name: processes[name] for name in names}).order
        for names in permutations(processes)
    }
    orders |= {Pipeline({name: processes[name] for name in sorted(processes)}).order}
    assert orders == {("service", "first", "second", "third")}


def test_a_cycle_is_named_from_end_to_end() -> None:
    with pytest.raises(ConfigError, match="form a cycle: compress -> store -> parse -> compress"):
        Pipeline.of(
            {
                "store": make_process(after=["compress"]),
                "parse": make_process(after=["store"]),
                "compress": make_process(after=["parse"]),
                "load": make_process(after=["store"]),
            }
        )


def test_a_process_after_itself_is_a_cycle() -> None:
    with pytest.raises(ConfigError, match="cycle: parse -> parse"):
        Pipeline.of({"parse": make_process(after=["parse"])})


def test_an_unknown_process_is_reported_with_the_nearest_name() -> None:
    with pytest.raises(ConfigError) as caught:
        Pipeline.of(
            {
                "parse": make_process(),
                "store": make_process(after=["prase"], before=["moon"]),
                "Bad Name": make_process(),
            }
        )
    issues = [str(issue) for issue in caught.value.issues]
    assert len(issues) == 3
    assert any("after: unknown process prase (did you mean parse?" in each for each in issues)
    assert any(
        "before: unknown process moon (known: Bad Name, parse, store)" in each for each in issues
    )
    assert any("'Bad Name' is not a valid process name" in each for each in issues)


def issues_of(**processes: list[str]) -> tuple[ConfigIssue, ...]:
    """Mistakes in processes, each given by the processes before it."""
    with pytest.raises(ConfigError) as caught:
        Pipeline.of({name: make_process(after=after) for name, after in processes.items()})
    return tuple(caught.value.issues)


def test_every_mistake_names_its_file_its_key_and_what_is_allowed() -> None:
    assert issues_of(parse=["parse"]) == (
        ConfigIssue(
            "processes/parse.yaml", 0, "after", "processes form a cycle: parse -> parse",
            "dependencies without a cycle",
        ),
    )  # fmt: skip
    assert issues_of(**{"Bad": []}) == (
        ConfigIssue(
            "processes/Bad.yaml", 0, "", "'Bad' is not a valid process name", "a-z, then a-z 0-9 _"
        ),
    )
    assert issues_of(parse=["prase"], store=["x"]) == (
        ConfigIssue(
            "processes/parse.yaml", 0, "after", "unknown process prase",
            "did you mean parse? known: parse, store",
        ),
        ConfigIssue(
            "processes/store.yaml", 0, "after", "unknown process x", "known: parse, store"
        ),
    )  # fmt: skip


@st.composite
def acyclic(draw: st.DrawFn) -> Pipeline:
    size = draw(st.integers(1, 8))
    names = [f"p{i}" for i in range(size)]
    return Pipeline.of(
        {
            name: make_process(
                external=draw(st.booleans()),
                after=draw(st.sets(st.sampled_from(names[:i])) if i else st.just(set())),
            )
            for i, name in enumerate(names)
        }
    )


@given(acyclic())
def test_causes_come_before_effects(pipeline: Pipeline) -> None:
    position = {name: i for i, name in enumerate(pipeline.order)}
    assert set(position) == set(pipeline.processes)
    for name, above in pipeline.upstream.items():
        assert all(position[each] < position[name] for each in above)


@given(acyclic())
def test_ancestors_and_descendants_mirror_each_other(pipeline: Pipeline) -> None:
    for name in pipeline.order:
        assert name not in pipeline.ancestors(name)
        for above in pipeline.ancestors(name):
            assert name in pipeline.descendants(above)
