"""Kind ``lake_writable``: the lake is mounted and takes a file."""

from dataflow_health.errors import DatabaseError, StorageError
from dataflow_health.health.self_check import LakeWritable
from dataflow_health.monitoring.probes import installation
from dataflow_health.monitoring.probes.result import ProbeContext, ProbeResult, passed_if
from dataflow_health.storage.files.lake import Lake, sha256
from dataflow_health.storage.ledger import lake_marker

FILE = ".probe"


def probe(_check: LakeWritable, context: ProbeContext) -> ProbeResult:
    """Checks the marker, then writes a file as every stage does, and reads it back."""
    lake = Lake(installation.load_settings(context).lake_url)
    try:
        if not lake.exists(lake_marker.MARKER):
            with installation.ledger(context) as engine:
                lake_marker.ensure(engine, lake)
        written = lake.write(FILE, b"Written and read back by the check lake_writable.\n")
        read = sha256(lake.read(FILE))
    except DatabaseError:
        return ProbeResult("unknown", "no marker file; the ledger does not say whether it is new")
    except StorageError as error:
        return ProbeResult("failed", str(error))
    return passed_if(read == written, f"digest read back ({read[:12]}) == {written[:12]}")
