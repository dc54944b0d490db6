from sqlalchemy import Engine, insert

from dataflow_health.operations import lineage
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests import factories
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.finding_factories import insert_findings
from dataflow_health_tests.storage.ledger.factories import archive, recordings

CATALOGUE = factories.catalogue()


def test_every_algorithm_has_exactly_the_columns_of_its_conditions() -> None:
    declared = lineage.declared(CATALOGUE)
    for name, algorithm in CATALOGUE.algorithms.items():
        nodes = declared.upstream(f"algorithm:{name}", 1)
        columns = {node.partition(":")[2] for node in nodes if node.startswith("column:")}
        assert columns == algorithm.parameter_names
        assert (lineage.PHASES in nodes) == bool(algorithm.during)


def test_a_mapping_leads_from_a_recorders_parameter_to_a_quantity() -> None:
    declared = lineage.declared(CATALOGUE)
    quantity, sources = next(iter(CATALOGUE.mappings["garmin_csv"].quantities.items()))
    nodes = declared.upstream(f"column:{quantity}", 1)
    assert {f"parameter:garmin_csv/{sources[0].parameter}", "mapping:garmin_csv"} <= set(nodes)


def test_a_recorder_leads_to_findings() -> None:
    declared = lineage.declared(CATALOGUE)
    way = lineage.path(declared, "recorder:generic_rdf", "findings:rotor_droop").nodes
    assert [node.partition(":")[0] for node in way] == [
        "recorder", "layout", "parameter", "column", "algorithm", "findings",
    ]  # fmt: skip


def test_a_graph_has_both_sides_of_a_node_and_the_arrows_between() -> None:
    found = lineage.graph(lineage.declared(CATALOGUE), "algorithm:rotor_droop", depth=1)
    kinds = {each.distance: each.kind for each in found.nodes}
    assert (kinds[-1], kinds[0], kinds[1]) in {
        ("column", "algorithm", "findings"), ("phases", "algorithm", "findings"),
    }  # fmt: skip
    assert len(found.arrows) == len(found.nodes) - 1


def test_a_recording_has_its_archive_and_its_findings(engine: Engine) -> None:
    archive(engine, digest="a" * 64)
    (id_,) = recordings(engine, 1)
    insert_findings(engine, 1, recording_id=id_, algorithm="rotor_droop")
    found = lineage.of_recording(engine, CATALOGUE, id_)
    way = found.path("archive:HB-ZAA_1.zip", "finding:rotor_droop/0")
    assert [node.partition(":")[0] for node in way] == [
        "archive", "recording", "parameter", "column", "algorithm", "finding",
    ]  # fmt: skip
    assert f"recording:{id_}" in found.nodes


def test_a_recording_has_only_the_mapping_and_the_algorithms_that_it_met(engine: Engine) -> None:
    archive(engine, digest="a" * 64)
    (id_,) = recordings(engine, 1)
    run = {
        "recording_id": id_, "version": "1", "parser_version": "1", "tail": "HB-ZAA",
        "arrival_day": DAY, "reason": "", "findings": 0, "uploaded_at": NOON,
    }  # fmt: skip
    outcomes = {"rotor_droop": "clear", "torque_above_limit": "not_applicable"}
    with writing(engine) as connection:
        rows = [{**run, "algorithm": name, "outcome": each} for name, each in outcomes.items()]
        connection.execute(insert(tables.algorithm_run), rows)
    nodes = lineage.of_recording(engine, CATALOGUE, id_).nodes
    assert {node for node in nodes if node.startswith("algorithm:")} == {"algorithm:rotor_droop"}
    assert not [node for node in nodes if node.startswith("mapping:")]
