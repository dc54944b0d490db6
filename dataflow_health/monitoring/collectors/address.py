"""Addresses and secrets of other programs, from a check and the environment."""

from collections.abc import Mapping
from pathlib import Path

from dataflow_health.health.outside_check import OutsideCheck, require_web_address
from dataflow_health.monitoring.probes.result import NotConfigured
from dataflow_health.monitoring.probes.target import resolve
from dataflow_health.secret_files import SUFFIX

MOST_SECRET_BYTES = 64 * 1024


def of_check(check: OutsideCheck, environment: Mapping[str, str]) -> str:
    """Address of the program: from the variable or the file that it names, else from the check.

    Raises:
        NotConfigured: There is none, or its file cannot be read.
    """
    variable = check.url_from
    found = {variable: _from_file(variable, environment)} if variable else {}
    return resolve(check.url, variable, {**environment, **{k: v for k, v in found.items() if v}})


def of_web_check(check: OutsideCheck, environment: Mapping[str, str]) -> str:
    """Address of a web server, without a slash at its end.

    Raises:
        NotConfigured: There is none, or it is not a plain one.
    """
    url = of_check(check, environment).strip()
    try:
        require_web_address(url)
    except ValueError as error:
        raise NotConfigured(f"{check.url_from or 'url'}: {error}") from None
    return url.rstrip("/")


def secret(variable: str, environment: Mapping[str, str]) -> str:
    """Value of a secret: of the variable, or of the file that ``NAME_FILE`` names.

    Raises:
        NotConfigured: Neither is set, or the file cannot be read.
    """
    found = _from_file(variable, environment) or environment.get(variable, "")
    if not found:
        raise NotConfigured(f"{variable} is not set, and {variable}{SUFFIX} names no file")
    return found


def _from_file(variable: str, environment: Mapping[str, str]) -> str:
    path = environment.get(variable + SUFFIX, "")
    if not path or variable in environment:
        return ""
    try:
        with Path(path).open("rb") as file:
            return file.read(MOST_SECRET_BYTES).decode().strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise NotConfigured(f"{variable}{SUFFIX}: {path} cannot be read: {reason}") from None
