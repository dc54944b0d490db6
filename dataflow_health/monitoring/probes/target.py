"""Where a probe looks: what its file says, or the variable of the environment it names."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from dataflow_health.monitoring.probes.result import NotConfigured


def resolve(given: str, variable: str, environment: Mapping[str, str]) -> str:
    """The address to ask.

    Args:
        given: The address in the check's file.
        variable: Name of the variable that goes before it when it is set.
        environment: The variables.

    Raises:
        NotConfigured: Neither says where.
    """
    found = environment.get(variable, "") or given
    if not found:
        raise NotConfigured(f"{variable} is not set, and the check gives no address itself")
    return found


def local_path(where: str) -> Path | None:
    """A path on this machine, None when the address is of another scheme."""
    parts = urlsplit(where)
    if parts.scheme == "file":
        return Path(unquote(parts.path))
    return None if "://" in where else Path(where).expanduser()
