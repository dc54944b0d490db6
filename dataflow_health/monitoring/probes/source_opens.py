"""Kind ``source_opens``: the source of archives can be listed, and a file there can be opened."""

from dataflow_health import masking
from dataflow_health.errors import ArchiveRefused, SourceUnreachable
from dataflow_health.health.self_check import SourceOpens
from dataflow_health.monitoring.probes import installation
from dataflow_health.monitoring.probes.result import ProbeContext, ProbeResult, passed_if
from dataflow_health.storage.files import source

TRIED = 3
"""Archives that are opened until one can be; single refusals are ``landing_entries``."""


def probe(_check: SourceOpens, context: ProbeContext) -> ProbeResult:
    """Lists the source until there are enough archives, and reads the first byte of one."""
    url = installation.load_settings(context).source_url
    try:
        errors = [_error(url, path) for path in source.some_archives(url, TRIED)]
    except SourceUnreachable as error:
        return ProbeResult("failed", str(error))
    place = masking.mask_url(url)
    if not errors:
        return ProbeResult("passed", f"{place} can be listed and has no archives")
    return passed_if(
        not all(errors), errors[0] if all(errors) else f"archives of {place} can be opened"
    )


def _error(url: str, path: str) -> str:
    """Why an archive cannot be opened; empty when it can, or was removed meanwhile."""
    try:
        source.read_file(url, path, 1)
    except ArchiveRefused as error:
        return "" if error.reason == "gone" else str(error)
    return ""
