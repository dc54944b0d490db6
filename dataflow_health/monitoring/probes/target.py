"""Address of a probe's target, from the check or from an environment variable."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from dataflow_health.monitoring.probes.result import NotConfigured


def resolve(given: str, variable: str, environment: Mapping[str, str]) -> str:
    """Address of the target: the value of the variable if it is set, else the one in the check.

    Args:
        given: Address in the YAML file of the check; may be empty.
        variable: Name of the environment variable that takes precedence.
        environment: Environment variables.

    Raises:
        NotConfigured: Neither has an address.
    """
    found = environment.get(variable, "") or given
    if not found:
        raise NotConfigured(f"{variable} is not set, and the check has no address")
    return found


def local_path(where: str) -> Path | None:
    """Path of an address on this machine; None when the address has another scheme."""
    parts = urlsplit(where)
    if parts.scheme == "file":
        return Path(unquote(parts.path))
    return None if "://" in where else Path(where).expanduser()
