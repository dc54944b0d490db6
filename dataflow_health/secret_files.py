"""Secrets that stand in files: ``NAME_FILE`` names the file that holds the value of ``NAME``.

Docker and Kubernetes mount secrets as files, so that no list of processes or containers shows them.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from dataflow_health.errors import ConfigIssue

SUFFIX = "_FILE"


def resolve(
    environ: Mapping[str, str], is_secret: Callable[[str], bool]
) -> tuple[dict[str, str], list[ConfigIssue]]:
    """Environment variables with the content of secret files in place of the files' names.

    Args:
        environ: Environment variables.
        is_secret: Whether a variable of this name may be given as a file.

    Returns:
        All variables, and one issue per file that cannot be used; its variable is then not set.
    """
    resolved, issues = dict(environ), []
    for variable in environ:
        name = variable.removesuffix(SUFFIX)
        if name == variable or not is_secret(name):
            continue
        path = Path(resolved.pop(variable))
        if name in environ:
            issues.append(_issue(variable, f"{name} is set too", f"one of {name} and {variable}"))
            continue
        try:
            resolved[name] = path.read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            problem = f"the file {path} cannot be read: {reason}"
            issues.append(_issue(variable, problem, "a readable text file with the value"))
    return resolved, issues


def _issue(variable: str, problem: str, allowed: str) -> ConfigIssue:
    return ConfigIssue("environment", 0, variable, problem, allowed)
