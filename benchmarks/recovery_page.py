"""Rows of docs/recovery.md: kept in a file, so that the list can be played in several goes."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.report import replace_section

SECTION = "recovery"
HEAD = (
    "| what happens | red, after s | API away, s | messages | remedy | whole again after s "
    "| results as undisturbed | as expected |\n|---|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True, slots=True)
class Row:
    """What was seen of one case.

    Attributes:
        description: What happened.
        remedy: What a person did.
        red: Seconds to the first sighting of every process that was FAILED or WARNING.
        away_s: Seconds for which the API did not answer.
        titles: Titles of the messages.
        whole_s: Seconds from the remedy until the station was whole; None when it never was.
        fault: What was not as expected; empty when all was.
        note: What was seen besides.
        undisturbed: How the results of the same go compare with an undisturbed installation.
        load: Load average of the machine at the end.
    """

    description: str
    remedy: str
    red: Mapping[str, float]
    away_s: float
    titles: Sequence[str]
    whole_s: float | None
    fault: str = ""
    note: str = ""
    undisturbed: str = "not compared"
    load: float = 0.0

    def to_markdown(self) -> str:
        """Line of the table."""
        red = sorted(self.red.items(), key=lambda each: each[1])
        remedy = f"{self.remedy} ({self.note})" if self.note else self.remedy
        cells = (
            self.description,
            ", ".join(f"{name} {after_s:.1f}" for name, after_s in red) or "nothing",
            f"{self.away_s:.1f}" if self.away_s else "",
            str(len(self.titles)),
            remedy,
            "never" if self.whole_s is None else f"{self.whole_s:.1f}",
            self.undisturbed,
            f"**no: {self.fault}**" if self.fault else "yes",
        )
        return f"| {' | '.join(each.replace('|', '/') for each in cells)} |"


def load(path: Path) -> dict[str, Row]:
    """Rows of earlier goes by their description."""
    if not path.exists():
        return {}
    return {each["description"]: Row(**each) for each in json.loads(path.read_text())}


def save(path: Path, rows: Sequence[Row]) -> None:
    """Adds rows to a file; a row of the same description is replaced."""
    kept = load(path) | {each.description: each for each in rows}
    text = json.dumps([asdict(each) for each in kept.values()], indent=1)
    path.write_text(text + "\n")


def write(page: Path, rows: Mapping[str, Row], descriptions: Sequence[str]) -> None:
    """Writes the table into the page, in the order of the list."""
    lines = [
        rows[each].to_markdown() if each in rows else f"| {each} | | | | | | | **not played** |"
        for each in descriptions
    ]
    played = [rows[each] for each in descriptions if each in rows]
    loads = [each.load for each in played]
    under = f"between {min(loads):.1f} and {max(loads):.1f}" if loads else "unknown"
    expected = sum(not each.fault for each in played)
    summary = (
        f"{len(played)} of {len(descriptions)} played, {expected} as expected. Load average "
        f"{under}, on {os.cpu_count()} processors."
    )
    table = "\n".join([HEAD, *lines, "", summary])
    page.write_text(replace_section(page.read_text(), SECTION, table))
