from dataclasses import replace

from sqlalchemy import Engine

from dataflow_health.config.catalogue import Catalogue
from dataflow_health.stages.present_versions import present_versions
from dataflow_health.storage.ledger import ledger
from dataflow_health.storage.queries import outdated_recordings
from dataflow_health.storage.records import declared_versions
from dataflow_health_tests import factories
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.storage.ledger.factories import recordings, result

CATALOGUE = factories.catalogue()
KIND = ("generic_rdf", "")


def finish(engine: Engine, ids: list[str], catalogue: Catalogue = CATALOGUE) -> None:
    """Parses and stores recordings with the present versions."""
    present = present_versions(catalogue, "zst")
    for stage in ("parse", "compress", "store"):
        version = present.get((stage, *KIND), "1")
        ledger.finish(engine, stage, DAY, "run", [result(each, version=version) for each in ids])


def outdated(engine: Engine, catalogue: Catalogue, codec: str = "zst") -> list[str]:
    """Stages that would process recordings again."""
    declared_versions.replace(engine, present_versions(catalogue, codec), NOON)
    return [each.stage for each in outdated_recordings.find(engine)]


def test_recordings_of_the_present_versions_are_not_outdated(engine: Engine) -> None:
    finish(engine, recordings(engine, 2))
    assert outdated(engine, CATALOGUE) == []


def test_a_changed_recorder_is_owed_from_parse_on_and_a_changed_codec_from_store_on(
    engine: Engine,
) -> None:
    finish(engine, recordings(engine, 2))
    recorder = CATALOGUE.recorders["generic_rdf"]
    changed = recorder.model_copy(update={"describes": "another one"})
    catalogue = replace(CATALOGUE, recorders={**CATALOGUE.recorders, "generic_rdf": changed})
    assert outdated(engine, catalogue) == ["parse", "parse"]
    assert outdated(engine, CATALOGUE, "gz") == ["store", "store"]


def test_the_first_mapping_of_a_recorder_is_owed_although_others_have_none(engine: Engine) -> None:
    finish(engine, recordings(engine, 2))
    mapping = CATALOGUE.mappings["garmin_csv"].model_copy(update={"recorders": ("generic_rdf",)})
    mapped = replace(CATALOGUE, mappings={**CATALOGUE.mappings, "generic_rdf": mapping})
    assert outdated(engine, mapped) == ["store", "store"]


def test_no_two_recorders_and_layouts_share_a_version() -> None:
    twin = CATALOGUE.layouts["generic_twin_256"]
    layouts = {**CATALOGUE.layouts, "of_equal_content": twin}
    present = present_versions(replace(CATALOGUE, layouts=layouts), "zst")
    assert len(set(present.values())) == len(present)
