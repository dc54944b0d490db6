"""Processes as a graph: dependencies, and the order in which to evaluate them."""

import difflib
import heapq
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Self

from dataflow_health.errors import ConfigError, ConfigIssue
from dataflow_health.health.frozen_model import NAME_PATTERN
from dataflow_health.health.process import Process


@dataclass(frozen=True)
class Pipeline:
    """All processes with their dependencies; :meth:`of` validates them.

    Attributes:
        processes: Processes by name, in any order.
        parts: Names of the assets inside a process, by process: the algorithms of ``analyse``.
    """

    processes: Mapping[str, Process]
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, processes: Mapping[str, Process], parts: Mapping[str, Sequence[str]] | None = None
    ) -> Self:
        """The validated graph.

        Args:
            processes: Processes by name.
            parts: Names of the assets inside a process, by process.

        Raises:
            ConfigError: Names are invalid or unknown, or dependencies form a cycle; lists all.
        """
        issues = (*_bad_names(processes), *_unknown_names(processes))
        issues = issues or tuple(_cycle(processes))
        if issues:
            raise ConfigError(issues)
        return cls(processes, {name: tuple(inside) for name, inside in (parts or {}).items()})

    @cached_property
    def order(self) -> tuple[str, ...]:
        """All names, causes before effects; among equals, external processes first."""
        return tuple(_ordered(self.processes, _arrows(self.processes)))

    @cached_property
    def upstream(self) -> Mapping[str, tuple[str, ...]]:
        """Names directly before each process, in order."""
        arrows = _arrows(self.processes)
        return {name: tuple(n for n in self.order if n in arrows[name]) for name in self.order}

    @cached_property
    def downstream(self) -> Mapping[str, tuple[str, ...]]:
        """Names directly after each process, in order."""
        return {
            name: tuple(n for n in self.order if name in self.upstream[n]) for name in self.order
        }

    def ancestors(self, name: str) -> tuple[str, ...]:
        """Names of all processes that a process depends on, in order."""
        return self._reachable(name, self.upstream)

    def descendants(self, name: str) -> tuple[str, ...]:
        """Names of all processes that depend on a process, in order."""
        return self._reachable(name, self.downstream)

    def between(self, first: str, last: str) -> tuple[str, ...]:
        """Names on any path from one process to another, both included; empty without a path."""
        below = {first, *self.descendants(first)}
        above = {last, *self.ancestors(last)}
        return tuple(name for name in self.order if name in below and name in above)

    def _reachable(self, name: str, steps: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
        reached: set[str] = set()
        pending = list(steps[name])
        while pending:
            current = pending.pop()
            if current not in reached:
                reached.add(current)
                pending.extend(steps[current])
        return tuple(each for each in self.order if each in reached)


def _arrows(processes: Mapping[str, Process]) -> dict[str, set[str]]:
    """Names directly before each process; ``before`` declares the same from the other end."""
    arrows = {name: set(process.after) for name, process in processes.items()}
    for name, process in processes.items():
        for later in process.before:
            arrows[later].add(name)
    return arrows


def _ordered(processes: Mapping[str, Process], arrows: Mapping[str, set[str]]) -> Iterator[str]:
    """Kahn's algorithm with a heap: the order does not depend on the order of files."""
    remaining = {name: set(before) for name, before in arrows.items()}
    ready = [_preference(name, processes) for name, before in remaining.items() if not before]
    heapq.heapify(ready)
    while ready:
        _, name = heapq.heappop(ready)
        yield name
        for later, before in remaining.items():
            if name in before:
                before.remove(name)
                if not before:
                    heapq.heappush(ready, _preference(later, processes))


def _preference(name: str, processes: Mapping[str, Process]) -> tuple[bool, str]:
    return (not processes[name].external, name)


def _bad_names(processes: Iterable[str]) -> Iterator[ConfigIssue]:
    for name in processes:
        if not re.fullmatch(NAME_PATTERN, name):
            problem = f"{name!r} is not a valid process name"
            yield ConfigIssue(_file(name), 0, "", problem, "a-z, then a-z 0-9 _")


def _unknown_names(processes: Mapping[str, Process]) -> Iterator[ConfigIssue]:
    for name, process in processes.items():
        for key in ("after", "before"):
            for other in getattr(process, key):
                if other not in processes:
                    near = difflib.get_close_matches(other, processes, n=1)
                    guess = f"did you mean {near[0]}? " if near else ""
                    known = f"{guess}known: {', '.join(sorted(processes))}"
                    yield ConfigIssue(_file(name), 0, key, f"unknown process {other}", known)


def _cycle(processes: Mapping[str, Process]) -> Iterator[ConfigIssue]:
    sorter = TopologicalSorter(dict(sorted(_arrows(processes).items())))
    try:
        sorter.prepare()
    except CycleError as error:
        ring = error.args[1][:-1]
        start = ring.index(min(ring))
        path = (*ring[start:], *ring[:start], ring[start])
        problem = f"processes form a cycle: {' -> '.join(path)}"
        yield ConfigIssue(_file(path[0]), 0, "after", problem, "dependencies without a cycle")


def _file(name: str) -> str:
    return f"processes/{name}.yaml"
