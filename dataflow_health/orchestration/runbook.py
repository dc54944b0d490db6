"""Runbooks where they are needed: inside the UI, readable when the network is not."""

from pathlib import Path
from typing import Any

import dagster as dg

_PACKAGE = Path(__file__).parents[1]


def metadata(runbook: str) -> dict[str, Any]:
    """A process's runbook as the UI shows it.

    Args:
        runbook: A URL, which becomes a link, or a path in ``docs/``, whose text is shown; anything
            else is shown as it is.
    """
    if not runbook:
        return {}
    if runbook.startswith(("https://", "http://")):
        return {"runbook": dg.MetadataValue.url(runbook)}
    found = page(runbook)
    if found is None:
        return {"runbook": dg.MetadataValue.text(runbook)}
    return {"runbook": dg.MetadataValue.md(found.read_text(encoding="utf-8"))}


def page(runbook: str) -> Path | None:
    """The file of a runbook: beside the package, or inside it when installed."""
    inside = _PACKAGE / "runbooks" / Path(runbook).name
    beside = _PACKAGE.parent / runbook
    return next((path for path in (inside, beside) if path.is_file()), None)
