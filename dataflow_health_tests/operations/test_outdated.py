from dataclasses import replace

from sqlalchemy import Engine

from dataflow_health.operations import outdated
from dataflow_health.stages import parse, store
from dataflow_health.storage.ledger import ledger
from dataflow_health_tests import factories
from dataflow_health_tests.factories import DAY
from dataflow_health_tests.storage.ledger.factories import recordings, result

CATALOGUE = factories.catalogue()
KIND = ("generic_rdf", None)


def finish(engine: Engine, ids: list[str]) -> None:
    """Parses and stores recordings with the present versions."""
    for stage, version in (
        ("parse", parse.code_version(CATALOGUE, *KIND)),
        ("compress", "1"),
        ("store", store.code_version(CATALOGUE, "zst", *KIND)),
    ):
        done = [result(each, version=version) for each in ids]
        ledger.finish(engine, stage, DAY, "run", done)


def test_recordings_of_the_present_versions_are_not_outdated(engine: Engine) -> None:
    finish(engine, recordings(engine, 2))
    assert outdated.find(engine, CATALOGUE, "zst") == []


def test_a_changed_recorder_is_owed_from_parse_on_and_a_changed_codec_from_store_on(
    engine: Engine,
) -> None:
    ids = recordings(engine, 2)
    finish(engine, ids)
    recorder = CATALOGUE.recorders["generic_rdf"]
    changed = recorder.model_copy(update={"describes": "another one"})
    catalogue = replace(CATALOGUE, recorders={**CATALOGUE.recorders, "generic_rdf": changed})
    assert [(each.id, each.stage) for each in outdated.find(engine, catalogue, "zst")] == [
        (each, "parse") for each in ids
    ]
    found = outdated.find(engine, CATALOGUE, "gz")
    assert {each.stage for each in found} == {"store"}
