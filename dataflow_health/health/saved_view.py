"""A saved view of the board. Declared in ``views/*.yaml``, by hand or from the page.

A view chooses what is shown. It changes no status, and what it leaves out is counted on the board.
"""

from fnmatch import fnmatchcase
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from dataflow_health.health.frozen_model import FrozenModel

Section = Literal["stages", "outside", "aircraft", "incidents", "findings"]
SECTIONS: tuple[Section, ...] = ("stages", "outside", "aircraft", "incidents", "findings")
"""Sections of the board in their usual order."""

Pattern = Annotated[str, Field(min_length=1, max_length=64)]
Patterns = Annotated[tuple[Pattern, ...], Field(max_length=500)]


class SavedView(FrozenModel):
    """What the board shows under an address of its own.

    Attributes:
        describes: Who looks at the view, and for what; its title on the board.
        processes: Names or patterns, as ``lake_*``, of the processes that are shown; all when left
            out.
        aircraft: Tails or patterns, as ``HB-Z*``, of the aircraft that are shown; all when left
            out.
        layout: Sections from top to bottom; those left out are not shown.
        notes: Text on the board, such as whom to call.
    """

    describes: Annotated[str, Field(min_length=1, max_length=200)]
    processes: Patterns = ()
    aircraft: Patterns = ()
    layout: Annotated[tuple[Section, ...], Field(min_length=1)] = SECTIONS
    notes: Annotated[str, Field(max_length=4000)] = ""

    @model_validator(mode="after")
    def _sections_stand_once(self) -> Self:
        twice = [each for each in SECTIONS if self.layout.count(each) > 1]
        if twice:
            raise ValueError(f"layout has {twice[0]} twice; write each section once")
        return self

    def shows(self, process: str) -> bool:
        """Whether a process is shown."""
        return not self.processes or any(fnmatchcase(process, each) for each in self.processes)
