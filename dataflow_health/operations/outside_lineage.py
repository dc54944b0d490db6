"""Lineage of other programs, joined with that of the pipeline where both name the same data."""

from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import Engine

from dataflow_health.health.lineage import Arrow
from dataflow_health.health.outside_system import SystemDescription
from dataflow_health.monitoring.collectors import dataset_name
from dataflow_health.storage.ledger.stage_order import OUTPUTS
from dataflow_health.storage.records import outside_systems

FINDINGS = "finding"
TABLES = ("store", "ingest")
"""Stages whose files hold the columns."""


def read(engine: Engine, lake_url: str, declared: Iterable[Arrow]) -> tuple[Arrow, ...]:
    """Arrows of other programs, and from columns and findings to the data that they name.

    Args:
        engine: Database of the results.
        lake_url: URL of the lake.
        declared: Arrows of the pipeline itself.

    Raises:
        DatabaseError: The database does not answer.
    """
    outside = [
        arrow
        for row in outside_systems.read(engine)
        if row.description
        for arrow in SystemDescription.model_validate_json(row.description).arrows
    ]
    return joined(outside, places(engine, lake_url), declared) if outside else ()


def places(engine: Engine, lake_url: str) -> Mapping[str, str]:
    """Data that the pipeline writes: node of it, and kind of the nodes that it is made of."""
    schema = "" if engine.dialect.name == "sqlite" else "public."
    table = dataset_name.of_table(engine.url, f"{schema}{FINDINGS}")
    found = {dataset_name.node(table): "findings"}
    for stage in TABLES:
        folder = f"{lake_url.rstrip('/')}/{stage}/{OUTPUTS[stage]}"
        found[dataset_name.node(dataset_name.of_url(folder))] = "column"
    return found


def joined(
    outside: Iterable[Arrow], own: Mapping[str, str], declared: Iterable[Arrow]
) -> tuple[Arrow, ...]:
    """Arrows of other programs, whose data below a folder of the pipeline is that folder.

    Args:
        outside: Arrows of other programs.
        own: As of :func:`places`.
        declared: Arrows of the pipeline itself.
    """
    found = {(_folded(first, own), _folded(last, own)) for first, last in outside}
    met = {node for arrow in found for node in arrow} & own.keys()
    found |= set(_to_data(met, own, declared))
    return tuple(sorted(arrow for arrow in found if arrow[0] != arrow[1]))


def _folded(node: str, own: Mapping[str, str]) -> str:
    return next((place for place in own if node.startswith(f"{place}/")), node)


def _to_data(
    met: Iterable[str], own: Mapping[str, str], declared: Iterable[Arrow]
) -> Iterator[Arrow]:
    """From every column or kind of findings to the data that holds it."""
    nodes = {node for arrow in declared for node in arrow}
    for place in met:
        for node in nodes:
            if node.partition(":")[0] == own[place]:
                yield node, place
