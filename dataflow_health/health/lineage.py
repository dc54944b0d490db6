"""Lineage: what each thing is made from, as a graph without any reading or writing.

A node is a text ``kind:name``, such as ``column:torque_1_pct`` or ``recorder:wqar``. An arrow
leads from what is read to what is made from it.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from dataflow_health.errors import NotFound

MAX_SUGGESTIONS = 3

Arrow = tuple[str, str]
"""A node that is read, and a node that is made from it."""


@dataclass(frozen=True)
class Lineage:
    """All arrows between nodes; :meth:`of` builds it.

    Attributes:
        arrows: The arrows.
        retired: Nodes that are not declared any more.
    """

    arrows: frozenset[Arrow]
    retired: frozenset[str] = field(default=frozenset())

    @classmethod
    def of(cls, arrows: Iterable[Arrow], retired: Iterable[str] = ()) -> "Lineage":
        """The graph of some arrows, and which of its nodes are retired."""
        return cls(frozenset(arrows), frozenset(retired))

    @cached_property
    def nodes(self) -> frozenset[str]:
        """Every node with an arrow."""
        return frozenset(node for arrow in self.arrows for node in arrow)

    def upstream(self, node: str, depth: int | None = None) -> Mapping[str, int]:
        """Everything that a node is made from, with its distance in arrows; the node has 0.

        Args:
            node: The node.
            depth: Largest distance; None for any.

        Raises:
            NotFound: There is no such node.
        """
        return self._reach(node, self._before, depth)

    def downstream(self, node: str, depth: int | None = None) -> Mapping[str, int]:
        """Everything that is made from a node, with its distance in arrows; the node has 0.

        Args:
            node: The node.
            depth: Largest distance; None for any.

        Raises:
            NotFound: There is no such node.
        """
        return self._reach(node, self._after, depth)

    def path(self, first: str, last: str) -> tuple[str, ...]:
        """A shortest way along the arrows, both ends included; empty when there is none.

        Raises:
            NotFound: One of the nodes does not exist.
        """
        distances = self.upstream(last)
        self._check(first)
        if first not in distances:
            return ()
        way = [first]
        while way[-1] != last:
            nearer = distances[way[-1]] - 1
            way.append(min(n for n in self._after[way[-1]] if distances.get(n) == nearer))
        return tuple(way)

    def ways(self, first: str, last: str) -> frozenset[str]:
        """Nodes on any way along the arrows, both ends included; empty when there is none.

        Raises:
            NotFound: One of the nodes does not exist.
        """
        return frozenset(self.downstream(first)).intersection(self.upstream(last))

    def between(self, nodes: Iterable[str]) -> tuple[Arrow, ...]:
        """Arrows whose both ends are among some nodes, in order."""
        chosen = frozenset(nodes)
        return tuple(sorted(arrow for arrow in self.arrows if chosen.issuperset(arrow)))

    @cached_property
    def _after(self) -> Mapping[str, tuple[str, ...]]:
        return _by_first(self.arrows)

    @cached_property
    def _before(self) -> Mapping[str, tuple[str, ...]]:
        return _by_first((last, first) for first, last in self.arrows)

    def _reach(
        self, node: str, steps: Mapping[str, tuple[str, ...]], depth: int | None
    ) -> Mapping[str, int]:
        self._check(node)
        found, edge, distance = {node: 0}, [node], 0
        while edge and (depth is None or distance < depth):
            distance += 1
            edge = sorted({n for each in edge for n in steps.get(each, ())} - found.keys())
            found.update(dict.fromkeys(edge, distance))
        return found

    def _check(self, node: str) -> None:
        if node not in self.nodes:
            raise NotFound(f"no node of the lineage is {node!r}{''.join(self._suggestion(node))}")

    def _suggestion(self, node: str) -> Iterator[str]:
        names = sorted(each for each in self.nodes if each.partition(":")[2] == node)
        near = names or difflib.get_close_matches(node, self.nodes, MAX_SUGGESTIONS)
        if near:
            yield f"; did you mean {', '.join(near[:MAX_SUGGESTIONS])}?"


def _by_first(arrows: Iterable[Arrow]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for first, last in arrows:
        found.setdefault(first, []).append(last)
    return {first: tuple(sorted(lasts)) for first, lasts in found.items()}
