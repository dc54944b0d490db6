"""Kind ``lake_writable``: the lake is mounted and takes a file; the ledger knows its archives."""

from contextlib import suppress

from dataflow_health.errors import DatabaseError, StorageError
from dataflow_health.health.self_check import LakeWritable
from dataflow_health.monitoring.probes import installation
from dataflow_health.monitoring.probes.result import (
    NotConfigured,
    ProbeContext,
    ProbeResult,
    list_some,
    passed_if,
)
from dataflow_health.storage.files.lake import Lake, sha256
from dataflow_health.storage.ledger import kept_archives, lake_marker

FILE = ".probe"


def probe(_check: LakeWritable, context: ProbeContext) -> ProbeResult:
    """Checks the marker, then writes a file as every stage does, and reads it back."""
    lake = Lake(installation.load_settings(context).lake_url)
    try:
        if not lake.exists(lake_marker.MARKER):
            with installation.ledger(context) as engine:
                lake_marker.ensure(engine, lake)
        unknown = _unknown_archives(lake, context)
        written = lake.write(FILE, b"Written and read back by the check lake_writable.\n")
        read = sha256(lake.read(FILE))
    except DatabaseError:
        return ProbeResult("unknown", "no marker file; the ledger does not say whether it is new")
    except StorageError as error:
        return ProbeResult("failed", str(error))
    if unknown:
        detail = f"kept archives that the ledger does not know ({list_some(unknown)}) == 0"
        return ProbeResult("failed", f"{detail}; 'dataflow-health ledger rebuild' restores them")
    return passed_if(read == written, f"digest read back ({read[:12]}) == {written[:12]}")


def _unknown_archives(lake: Lake, context: ProbeContext) -> list[str]:
    """Kept archives that a lost or older ledger lacks; none while the ledger does not answer."""
    with suppress(DatabaseError, NotConfigured), installation.ledger(context) as engine:
        return kept_archives.unknown_sample(engine, lake, context.now)
    return []
