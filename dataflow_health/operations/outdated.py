"""Recordings that were parsed or stored with an older parser, recorder, layout or mapping."""

from collections.abc import Iterable

from sqlalchemy import Engine

from dataflow_health.config.catalogue import Catalogue
from dataflow_health.stages import parse, store
from dataflow_health.storage.queries import outdated_recordings
from dataflow_health.storage.queries.outdated_recordings import OutdatedRecording, Versions


def find(engine: Engine, catalogue: Catalogue, tsv_codec: str) -> list[OutdatedRecording]:
    """Outdated recordings, each at the first stage that would process it again.

    Args:
        engine: Database of the ledger.
        catalogue: Everything declared in YAML.
        tsv_codec: Compression of the TSV files, as the settings have it.

    Returns:
        Newest arrival day first.

    Raises:
        DatabaseError: The database does not answer.
    """
    first: dict[str, OutdatedRecording] = {}
    for stage, versions in present_versions(catalogue, tsv_codec):
        for each in outdated_recordings.find(engine, stage, versions):
            first.setdefault(each.id, each)
    return sorted(first.values(), key=lambda each: each.arrival_day, reverse=True)


def present_versions(catalogue: Catalogue, tsv_codec: str) -> Iterable[tuple[str, Versions]]:
    """Code versions that parse and store have now, for every declared recorder and layout."""
    kinds = [
        (name, layout) for name in catalogue.recorders for layout in (None, *catalogue.layouts)
    ]
    yield parse.STAGE, {kind: parse.code_version(catalogue, *kind) for kind in kinds}
    yield store.STAGE, {kind: store.code_version(catalogue, tsv_codec, *kind) for kind in kinds}
