"""Generates ``docs/reference/messages.md``: reasons, checks and errors with their first step."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from dataflow_health import errors
from dataflow_health.health import remedy
from dataflow_health.health.remedy import Remedy
from docs.generate.markdown import code, replace_generated, table


def update(page: str) -> str:
    """Replaces the tables in a page."""
    return replace_generated(page, sections())


def sections() -> Iterator[str]:
    """Reasons of refusals, causes and checks, each with its remedy; then the errors."""
    yield (
        "## Reasons that a replay cannot help\n\nThe bytes never change: write the item off once "
        f"the step is done.\n\n{_steps(remedy.DAMAGED)}"
    )
    yield (
        "## Reasons that a replay helps\n\nOnce the step is done: `dataflow-health quarantine "
        "replay`. A reason that is in neither table comes from the data: remove the cause (layout, "
        f"recorder's YAML or code), or write the item off.\n\n{_steps(remedy.MENDABLE)}"
    )
    kinds = {**remedy.BY_KIND, **remedy.BY_CHECK}
    yield f"## Checks\n\nBy kind of check, or by name for checks of a stage.\n\n{_remedies(kinds)}"
    yield (
        "## Causes\n\nCauses of a check whose step differs from that of its kind.\n\n"
        f"{_remedies(remedy.BY_CAUSE)}"
    )
    yield f"## Errors\n\n{table(('error', 'meaning'), _errors())}"


def _steps(steps: Mapping[str, str]) -> str:
    rows = [(code(reason), step) for reason, step in sorted(steps.items())]
    return table(("reason", "first step"), rows)


def _remedies(remedies: Mapping[str, Remedy]) -> str:
    rows = [(code(name), each.step, code(each.command)) for name, each in sorted(remedies.items())]
    return table(("name", "first step", "then"), rows)


def _errors() -> Iterable[tuple[str, str]]:
    """Every error that the program raises on purpose, with the first line of its docstring."""
    for name, found in vars(errors).items():
        if isinstance(found, type) and issubclass(found, errors.DataflowHealthError):
            yield code(name), str(found.__doc__).partition("\n")[0]


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(update(path.read_text(encoding="utf-8")), encoding="utf-8")
