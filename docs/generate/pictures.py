"""Generates the pictures of the README: ``python -m docs.generate.pictures``.

The architecture is the diagram of ``docs/architecture.md``, drawn offline; the badges show what
``pyproject.toml`` says.
"""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from dataflow_health.diagram import badge, render

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"
FILL, TEXT = "#1f6feb", "#ffffff"

_MERMAID = re.compile(r"^```mermaid\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_RANGE = re.compile(r">=(\d+\.\d+),<(\d+)\.(\d+)")


def pictures() -> Iterator[tuple[str, str]]:
    """Name and SVG of every picture."""
    (diagram,) = _MERMAID.findall((ROOT / "docs" / "architecture.md").read_text(encoding="utf-8"))
    yield "architecture", render.svg(diagram) + "\n"
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = settings["project"]
    labels = {
        "python": ("Python", python_range(project["requires-python"])),
        "licence": ("licence", project["license"]),
        "types": ("types", "mypy strict" if settings["tool"]["mypy"]["strict"] else "mypy"),
    }
    for name, (left, right) in labels.items():
        yield f"badge_{name}", badge.draw_label(left, right, FILL, TEXT) + "\n"


def python_range(requires: str) -> str:
    """Versions in words: ``3.11 to 3.13`` of ``>=3.11,<3.14``.

    Raises:
        ValueError: The requirement has another form.
    """
    found = _RANGE.fullmatch(requires)
    if found is None:
        raise ValueError(f"requires-python is {requires}; a range such as >=3.11,<3.14 is expected")
    first, major, minor = found.groups()
    return f"{first} to {major}.{int(minor) - 1}"


if __name__ == "__main__":
    for name, svg in pictures():
        (IMAGES / f"{name}.svg").write_text(svg, encoding="utf-8")
