"""Code versions that parse and store have now, for every declared recorder and layout."""

from dataflow_health.config.catalogue import Catalogue
from dataflow_health.stages import parse, store
from dataflow_health.storage.records.declared_versions import Versions
from dataflow_health.storage.records.version_table import Key


def present_versions(catalogue: Catalogue, tsv_codec: str) -> Versions:
    """Code version by stage, recorder and layout, as a stage would write it now into the ledger.

    Args:
        catalogue: Everything declared in YAML.
        tsv_codec: Compression of the TSV files, as the settings have it.
    """
    found: dict[Key, str] = {}
    for recorder in catalogue.recorders:
        for layout in ("", *catalogue.layouts):
            kind = recorder, layout or None
            found[parse.STAGE, recorder, layout] = parse.code_version(catalogue, *kind)
            found[store.STAGE, recorder, layout] = store.code_version(catalogue, tsv_codec, *kind)
    return found
