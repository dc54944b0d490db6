from sqlalchemy import Engine, insert

from dataflow_health.flight.algorithms.algorithm import needs_phases
from dataflow_health.flight.algorithms.flight_phase import PHASE_PARAMETERS
from dataflow_health.health.lineage import Lineage
from dataflow_health.operations import lineage
from dataflow_health.operations.lineage_arrows import PHASES, declared_arrows, version_node
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests import factories
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.finding_factories import insert_findings
from dataflow_health_tests.storage.ledger.factories import archive, recordings

CATALOGUE = factories.catalogue()
DECLARED = Lineage.of(declared_arrows(CATALOGUE))
DROOP = CATALOGUE.algorithms["rotor_droop"]
RUN = {
    "recording_id": "1" * 64, "version": DROOP.version, "parser_version": "1", "tail": "HB-ZAA",
    "arrival_day": DAY, "outcome": "found", "reason": "", "findings": 1, "uploaded_at": NOON,
}  # fmt: skip


def insert_runs(engine: Engine, **outcomes: dict[str, object]) -> None:
    """Runs of some algorithms."""
    rows = [{**RUN, "algorithm": name, **given} for name, given in outcomes.items()]
    with writing(engine) as connection:
        connection.execute(insert(tables.algorithm_run), rows)


def test_every_algorithm_has_exactly_the_columns_of_its_conditions() -> None:
    for name, algorithm in CATALOGUE.algorithms.items():
        nodes = DECLARED.upstream(f"algorithm:{name}", 1)
        columns = {node.partition(":")[2] for node in nodes if node.startswith("column:")}
        assert columns == algorithm.parameter_names
        assert (PHASES in nodes) == needs_phases(algorithm)


def test_the_phases_of_flight_are_made_from_the_columns_that_their_rules_read() -> None:
    nodes = set(DECLARED.upstream(PHASES, 1)) - {PHASES}
    assert nodes == {f"column:{name}" for name in PHASE_PARAMETERS}


def test_a_mapping_leads_from_a_recorders_parameter_to_a_quantity() -> None:
    quantity, sources = next(iter(CATALOGUE.mappings["garmin_csv"].quantities.items()))
    nodes = DECLARED.upstream(f"column:{quantity}", 1)
    assert {f"parameter:garmin_csv/{sources[0].parameter}", "mapping:garmin_csv"} <= set(nodes)


def test_a_recorder_leads_to_findings() -> None:
    way = lineage.path(DECLARED, "recorder:generic_rdf", "findings:rotor_droop").nodes
    assert [node.partition(":")[0] for node in way] == [
        "recorder", "layout", "parameter", "column", "algorithm", "version", "findings",
    ]  # fmt: skip


def test_a_way_is_found_from_either_end_with_all_others() -> None:
    column, findings = "column:rotor_speed_pct", "findings:rotor_droop"
    there = lineage.path(DECLARED, column, findings)
    back = lineage.path(DECLARED, findings, column)
    assert there.nodes == back.nodes
    assert there.nodes[0] == column
    assert there.arrows == back.arrows
    through = {arrow.first for arrow in there.arrows}
    assert (PHASES in through) == needs_phases(DROOP)
    assert lineage.path(DECLARED, "recorder:garmin_csv", "layout:generic_twin_256").nodes == ()


def test_a_graph_has_both_sides_of_a_node_and_the_arrows_between() -> None:
    found = lineage.graph(DECLARED, "algorithm:rotor_droop", depth=1)
    assert {each.kind for each in found.nodes if each.distance == -1} <= {"column", "phases"}
    assert [each.kind for each in found.nodes if each.distance == 1] == ["version"]
    through = [arrow for arrow in found.arrows if arrow.last == PHASES]
    assert len(found.arrows) == len(found.nodes) - 1 + len(through)


def test_a_version_with_findings_stays_a_node_when_it_is_replaced_or_removed(
    engine: Engine,
) -> None:
    old, gone = {"version": "0ld"}, {"version": "g0ne"}
    insert_runs(engine, rotor_droop=old, removed=gone, clear={"findings": 0, "version": "c1ear"})
    found = lineage.read(engine, CATALOGUE)
    assert set(found.upstream("findings:rotor_droop", 1)) == {
        "findings:rotor_droop", "version:rotor_droop/0ld",
        version_node("rotor_droop", DROOP.version),
    }  # fmt: skip
    assert set(found.upstream("version:rotor_droop/0ld")) == {"version:rotor_droop/0ld"}
    assert found.path("algorithm:removed", "findings:removed")
    assert "algorithm:clear" not in found.nodes
    retired = {"version:rotor_droop/0ld", "version:removed/g0ne", "algorithm:removed"}
    assert found.retired == retired
    shown = lineage.graph(found, "findings:rotor_droop", depth=1).nodes
    assert [each.node for each in shown if each.is_retired] == ["version:rotor_droop/0ld"]


def test_a_recording_has_its_archive_and_its_findings(engine: Engine) -> None:
    archive(engine, digest="a" * 64)
    (id_,) = recordings(engine, 1)
    insert_findings(engine, 1, recording_id=id_, algorithm="rotor_droop")
    insert_runs(engine, rotor_droop={"recording_id": id_})
    found = lineage.read(engine, CATALOGUE, id_)
    way = found.path("archive:HB-ZAA_1.zip", "finding:rotor_droop/0")
    assert [node.partition(":")[0] for node in way] == [
        "archive", "recording", "parameter", "column", "algorithm", "version", "finding",
    ]  # fmt: skip
    assert f"recording:{id_}" in found.nodes
    columns = {node for node in found.upstream(PHASES, 1) if node.startswith("column:")}
    assert columns < {f"column:{name}" for name in PHASE_PARAMETERS}, "only what it records"


def test_a_finding_of_a_replaced_version_comes_from_that_one(engine: Engine) -> None:
    archive(engine, digest="a" * 64)
    (id_,) = recordings(engine, 1)
    insert_findings(engine, 1, recording_id=id_, algorithm="rotor_droop")
    insert_runs(engine, rotor_droop={"recording_id": id_, "version": "0ld"})
    found = lineage.read(engine, CATALOGUE, id_)
    assert found.retired == {"version:rotor_droop/0ld"}
    assert set(found.upstream("finding:rotor_droop/0")) == {
        "finding:rotor_droop/0", "version:rotor_droop/0ld",
    }  # fmt: skip


def test_a_recording_has_only_the_mapping_and_the_algorithms_that_it_met(engine: Engine) -> None:
    archive(engine, digest="a" * 64)
    (id_,) = recordings(engine, 1)
    clear = {"recording_id": id_, "outcome": "clear", "findings": 0}
    insert_runs(
        engine, rotor_droop=clear, torque_above_limit={**clear, "outcome": "not_applicable"}
    )
    nodes = lineage.read(engine, CATALOGUE, id_).nodes
    assert {node for node in nodes if node.startswith("algorithm:")} == {"algorithm:rotor_droop"}
    assert not [node for node in nodes if node.startswith("mapping:")]
