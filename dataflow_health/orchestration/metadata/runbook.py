"""Runbooks as metadata: shown on the asset's page, readable without a network."""

from pathlib import Path

import dagster as dg

import dataflow_health

_PACKAGE = Path(dataflow_health.__file__).parent


def metadata(runbook: str) -> dict[str, dg.MetadataValue]:
    """A process's runbook as the UI shows it; empty without one.

    Args:
        runbook: A URL, which becomes a link, or a path in ``docs/``, whose text is shown; anything
            else is shown as it is.
    """
    if not runbook:
        return {}
    if runbook.startswith(("https://", "http://")):
        return {"runbook": dg.MetadataValue.url(runbook)}
    path = find_page(runbook)
    if path is None:
        return {"runbook": dg.MetadataValue.text(runbook)}
    return {"runbook": dg.MetadataValue.md(path.read_text(encoding="utf-8"))}


def find_page(runbook: str) -> Path | None:
    """The file of a runbook: inside the package when installed, beside it in a checkout."""
    installed = _PACKAGE / "runbooks" / Path(runbook).name
    checkout = _PACKAGE.parent / runbook
    return next((path for path in (installed, checkout) if path.is_file()), None)
