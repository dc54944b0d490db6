"""Lineage of what the YAML files declare, of what they declared before, and of one recording.

A version that made findings stays a node after it is replaced or removed. Nothing leads to it from
columns, because the conditions that it had are not known any more.
"""

from collections.abc import Iterable, Iterator
from typing import Literal

from sqlalchemy import Engine

from dataflow_health.config.catalogue import Catalogue
from dataflow_health.flight.mapping import select_mapping
from dataflow_health.health.lineage import Arrow, Lineage
from dataflow_health.operations import outside_lineage
from dataflow_health.operations.lineage_arrows import declared_arrows, version_node
from dataflow_health.schemas import LineageArrow, LineageGraph, LineageNode, LineagePath
from dataflow_health.storage.queries import found_versions
from dataflow_health.storage.queries.found_versions import AlgorithmVersion
from dataflow_health.storage.queries.recording_history import HistoryRows, read_history

Direction = Literal["both", "upstream", "downstream"]


def read(engine: Engine, catalogue: Catalogue, recording: str = "", lake_url: str = "") -> Lineage:
    """The lineage of all recordings, or the part that one recording went through.

    Args:
        engine: Database of the results.
        catalogue: What the YAML files declare.
        recording: First digits of a recording's id; empty for all.
        lake_url: URL of the lake, whose folders other programs may name.

    Raises:
        NotFound: No recording id begins with the digits, or several do.
        DatabaseError: The database does not answer.
    """
    if recording:
        return of_recording(engine, catalogue, recording)
    arrows = tuple(declared_arrows(catalogue))
    arrows += tuple(_version_arrows(catalogue, found_versions.read(engine)))
    retired = _retired(catalogue, arrows)
    return Lineage.of((*arrows, *outside_lineage.read(engine, lake_url, arrows)), retired)


def of_recording(engine: Engine, catalogue: Catalogue, id_prefix: str) -> Lineage:
    """The part of the lineage that one recording went through, from its archive to its findings.

    Raises:
        NotFound: No recording id begins with the prefix, or several do.
        DatabaseError: The database does not answer.
    """
    history = read_history(engine, id_prefix)
    whole = Lineage.of(declared_arrows(catalogue))
    recorder, layout = (
        f"recorder:{history.recording.recorder}",
        f"layout:{history.recording.layout}",
    )
    start = next((node for node in (layout, recorder) if node in whole.nodes), None)
    kept = set(whole.downstream(start)) if start else set()
    kept |= {recorder, *_mapping(catalogue, history)}
    kept -= {node for node in kept if not _has_met(catalogue, history, node)}
    arrows = [(a, b) for a, b in whole.between(kept) if not b.startswith("findings:")]
    arrows += _recording(history, kept)
    return Lineage.of(arrows, _retired(catalogue, arrows))


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
            LineageNode(
                node=each, kind=kind_of(each), distance=far, is_retired=each in lineage.retired
            )
            for each, far in sorted(distances.items(), key=lambda item: (item[1], item[0]))
        ),
        arrows=tuple(LineageArrow(first=a, last=b) for a, b in lineage.between(distances)),
    )


def path(lineage: Lineage, first: str, last: str) -> LineagePath:
    """A shortest way between two nodes and all other ways, whichever of the two is upstream.

    Raises:
        NotFound: One of the nodes does not exist.
    """
    ways = lineage.ways(first, last)
    start, end = (first, last) if ways else (last, first)
    ways = ways or lineage.ways(start, end)
    return LineagePath(
        first=first,
        last=last,
        nodes=lineage.path(start, end),
        arrows=tuple(LineageArrow(first=a, last=b) for a, b in lineage.between(ways)),
    )


def kind_of(node: str) -> str:
    """Kind of a node, such as ``column``."""
    return node.partition(":")[0]


def _mapping(catalogue: Catalogue, history: HistoryRows) -> Iterator[str]:
    """Node of the mapping that the recording is read by, if there is one."""
    recording = history.recording
    mapping = select_mapping(catalogue.mappings, recording.recorder, recording.layout)
    for name, each in catalogue.mappings.items():
        if each is mapping:
            yield f"mapping:{name}"


def _has_met(catalogue: Catalogue, history: HistoryRows, node: str) -> bool:
    """False for a version, and its algorithm, that was not applied to the recording."""
    kind, _, name = node.partition(":")
    if kind not in ("algorithm", "version"):
        return True
    algorithm = name.partition("/")[0]
    return history.applied.get(algorithm) == catalogue.algorithms[algorithm].version


def _recording(history: HistoryRows, kept: set[str]) -> Iterator[Arrow]:
    recording = f"recording:{history.recording.id}"
    yield f"archive:{history.recording.archive}", recording
    for node in sorted(kept):
        if node.startswith("parameter:"):
            yield recording, node
    for found in history.findings:
        version = history.applied.get(found.algorithm, "")
        yield (
            version_node(found.algorithm, version),
            f"finding:{found.algorithm}/{found.number}",
        )


def _version_arrows(catalogue: Catalogue, found: Iterable[AlgorithmVersion]) -> Iterator[Arrow]:
    """From each version that made findings to them; to it from an algorithm without conditions."""
    for algorithm, version in found:
        if algorithm not in catalogue.algorithms:
            yield f"algorithm:{algorithm}", version_node(algorithm, version)
        yield version_node(algorithm, version), f"findings:{algorithm}"


def _retired(catalogue: Catalogue, arrows: Iterable[Arrow]) -> Iterator[str]:
    """Versions and algorithms that the YAML files do not declare any more."""
    declared = {f"algorithm:{name}" for name in catalogue.algorithms}
    declared |= {version_node(name, each.version) for name, each in catalogue.algorithms.items()}
    for node in {node for arrow in arrows for node in arrow}:
        if kind_of(node) in ("algorithm", "version") and node not in declared:
            yield node
