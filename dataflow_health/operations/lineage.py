"""Lineage of what the YAML files declare, and of one recording.

Columns of an algorithm come from its parsed conditions, so they are exact. The phases of flight are
one node, without the columns that they are computed from.
"""

from collections.abc import Iterator
from typing import Literal

from sqlalchemy import Engine

from dataflow_health.config.catalogue import Catalogue
from dataflow_health.flight.mapping import ParameterMapping, select_mapping
from dataflow_health.flight.recorder import CsvRecorder, LayoutRecorder
from dataflow_health.health.lineage import Arrow, Lineage
from dataflow_health.schemas import LineageArrow, LineageGraph, LineageNode, LineagePath
from dataflow_health.storage.queries.recording_history import HistoryRows, read_history

Direction = Literal["both", "upstream", "downstream"]

PHASES = "phases:flight"
"""Node of the phases of flight."""


def declared(catalogue: Catalogue) -> Lineage:
    """Recorders, layouts, mappings, parameters, table columns, algorithms and their findings."""
    return Lineage.of((*_recorders(catalogue), *_layouts(catalogue), *_algorithms(catalogue)))


def of_recording(engine: Engine, catalogue: Catalogue, id_prefix: str) -> Lineage:
    """The part of the lineage that one recording went through, from its archive to its findings.

    Raises:
        NotFound: No recording id begins with the prefix, or several do.
        DatabaseError: The database does not answer.
    """
    history = read_history(engine, id_prefix)
    whole = declared(catalogue)
    recorder, layout = (
        f"recorder:{history.recording.recorder}",
        f"layout:{history.recording.layout}",
    )
    start = next((node for node in (layout, recorder) if node in whole.nodes), None)
    kept = set(whole.downstream(start)) if start else set()
    kept |= {PHASES, recorder, *_mapping(catalogue, history)}
    kept -= {node for node in kept if not _has_met(history, node)}
    declared_arrows = [(a, b) for a, b in whole.between(kept) if not b.startswith("findings:")]
    return Lineage.of((*declared_arrows, *_recording(history, kept)))


def graph(
    lineage: Lineage, node: str, direction: Direction = "both", depth: int | None = None
) -> LineageGraph:
    """A node with all that it is made from and all that is made from it; every node for none.

    Raises:
        NotFound: There is no such node.
    """
    distances = dict.fromkeys(lineage.nodes, 0) if not node else {}
    if node and direction != "downstream":
        distances |= {each: -far for each, far in lineage.upstream(node, depth).items()}
    if node and direction != "upstream":
        distances |= lineage.downstream(node, depth)
    return LineageGraph(
        node=node,
        nodes=tuple(
            LineageNode(node=each, kind=each.partition(":")[0], distance=far)
            for each, far in sorted(distances.items(), key=lambda item: (item[1], item[0]))
        ),
        arrows=tuple(LineageArrow(first=a, last=b) for a, b in lineage.between(distances)),
    )


def path(lineage: Lineage, first: str, last: str) -> LineagePath:
    """A shortest way from one node to another, empty when there is none.

    Raises:
        NotFound: One of the nodes does not exist.
    """
    return LineagePath(first=first, last=last, nodes=lineage.path(first, last))


def _recorders(catalogue: Catalogue) -> Iterator[Arrow]:
    for name, recorder in catalogue.recorders.items():
        node = f"recorder:{name}"
        if isinstance(recorder, LayoutRecorder):
            for layout in filter(None, {recorder.layout, *recorder.layouts.values()}):
                yield node, f"layout:{layout}"
        if isinstance(recorder, CsvRecorder):
            for column in recorder.columns.values():
                yield from _parameter(node, name, column)
            mapping = select_mapping(catalogue.mappings, name, None)
            yield from _mapped(catalogue, mapping, name)


def _layouts(catalogue: Catalogue) -> Iterator[Arrow]:
    for name, layout in catalogue.layouts.items():
        for parameter in layout.parameters:
            yield from _parameter(f"layout:{name}", name, parameter)
        owners = [
            each for each, recorder in catalogue.recorders.items()
            if isinstance(recorder, LayoutRecorder)
            and name in (recorder.layout, *recorder.layouts.values())
        ]  # fmt: skip
        for owner in owners or [""]:
            mapping = select_mapping(catalogue.mappings, owner, name)
            yield from _mapped(catalogue, mapping, name)


def _parameter(owner: str, of: str, parameter: str) -> Iterator[Arrow]:
    yield owner, f"parameter:{of}/{parameter}"
    yield f"parameter:{of}/{parameter}", f"column:{parameter}"


def _mapped(catalogue: Catalogue, mapping: ParameterMapping | None, of: str) -> Iterator[Arrow]:
    """Quantities that a mapping makes from the parameters of a layout or recorder."""
    names = {id(each): name for name, each in catalogue.mappings.items()}
    for quantity, sources in mapping.quantities.items() if mapping else ():
        for parameter in (each for source in sources for each in source.parameters):
            yield f"parameter:{of}/{parameter}", f"column:{quantity}"
        yield f"mapping:{names[id(mapping)]}", f"column:{quantity}"


def _algorithms(catalogue: Catalogue) -> Iterator[Arrow]:
    for name, algorithm in catalogue.algorithms.items():
        for column in algorithm.parameter_names:
            yield f"column:{column}", f"algorithm:{name}"
        if algorithm.during:
            yield PHASES, f"algorithm:{name}"
        yield f"algorithm:{name}", f"findings:{name}"


def _mapping(catalogue: Catalogue, history: HistoryRows) -> Iterator[str]:
    """Node of the mapping that the recording is read by, if there is one."""
    recording = history.recording
    mapping = select_mapping(catalogue.mappings, recording.recorder, recording.layout)
    for name, each in catalogue.mappings.items():
        if each is mapping:
            yield f"mapping:{name}"


def _has_met(history: HistoryRows, node: str) -> bool:
    """False for an algorithm that was not applied to the recording."""
    kind, _, name = node.partition(":")
    applied = history.applied | {found.algorithm for found in history.findings}
    return kind != "algorithm" or name in applied


def _recording(history: HistoryRows, kept: set[str]) -> Iterator[Arrow]:
    recording = f"recording:{history.recording.id}"
    yield f"archive:{history.recording.archive}", recording
    for node in sorted(kept):
        if node.startswith("parameter:"):
            yield recording, node
    for found in history.findings:
        yield f"algorithm:{found.algorithm}", f"finding:{found.algorithm}/{found.number}"
