"""Reads XML of unknown origin as a tree with line numbers.

A document type is refused, so no entity is expanded and nothing is fetched; size, depth and number
of elements are limited.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from dataflow_health.errors import ConfigError, ConfigIssue

_MAX_BYTES = 64 << 20
_MAX_DEPTH = 32
_MAX_ELEMENTS = 500_000
_SEPARATOR = "\t"
"""Stands between namespace and name; no XML name has it."""


@dataclass(slots=True)
class Element:
    """One element of a document.

    Attributes:
        name: Name without its namespace.
        line: Line of its start, from 1.
        attributes: Values by name.
        text: Text directly inside it, without blanks around it.
        children: Elements directly inside it.
    """

    name: str
    line: int
    attributes: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    children: list["Element"] = field(default_factory=list)

    def all(self, name: str) -> list["Element"]:
        """All children of a name, in the file's order."""
        return [child for child in self.children if child.name == name]

    def find(self, *path: str) -> "Element | None":
        """The first element on a path of names, None when it is missing."""
        if not path:
            return self
        first = next((child for child in self.children if child.name == path[0]), None)
        return None if first is None else first.find(*path[1:])

    def value(self, *path: str, default: str = "") -> str:
        """Text of the first element on a path, else the default."""
        found = self.find(*path)
        return default if found is None else found.text


def read_xml(path: Path, namespace_end: str) -> Element:
    """The root element of a file; elements of other namespaces are left out.

    Args:
        path: The file.
        namespace_end: End of the namespace whose elements are kept.

    Raises:
        ConfigError: The file is no well-formed XML, has a document type, or exceeds a limit.
    """
    with path.open("rb") as file:
        content = file.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise line_error(path, 0, f"the file is larger than {_MAX_BYTES:,} bytes", "a layout")
    builder = _TreeBuilder(path, namespace_end)
    try:
        builder.parser.Parse(content, True)
    except expat.ExpatError as error:
        problem = f"not well-formed XML: {expat.ErrorString(error.code)}"
        raise line_error(path, error.lineno, problem, "an XML file of ARINC 647A-1") from error
    except (ValueError, LookupError) as error:  # an encoding that Python does not know
        raise line_error(path, 1, f"unreadable XML: {error}", "UTF-8 or UTF-16") from error
    return builder.root


def line_error(path: Path, line: int, problem: str, allowed: str) -> ConfigError:
    """The error of a file for one of its lines; line 0 stands for the whole file."""
    return ConfigError((ConfigIssue(path.name, line, "", problem, allowed),))


class _TreeBuilder:
    """Builds the tree from expat's events."""

    def __init__(self, path: Path, namespace_end: str) -> None:
        self.root = Element("", 0)
        self.parser = expat.ParserCreate(namespace_separator=_SEPARATOR)
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._add_text
        self._path, self._namespace_end = path, namespace_end
        self._open: list[Element | None] = []
        self._count = 0

    def _refuse_doctype(self, *_declaration: object) -> None:
        problem = "a document type (DOCTYPE) is not read: entities could grow or fetch files"
        raise line_error(self._path, self.parser.CurrentLineNumber, problem, "XML without it")

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._count += 1
        line = self.parser.CurrentLineNumber
        if len(self._open) >= _MAX_DEPTH or self._count > _MAX_ELEMENTS:
            limit = f"{_MAX_DEPTH} elements deep or {_MAX_ELEMENTS:,} in all"
            raise line_error(self._path, line, f"the file is more than {limit}", "a layout")
        namespace, _, local = name.rpartition(_SEPARATOR)
        parent = self._open[-1] if self._open else self.root
        is_ours = parent is not None and namespace.endswith(self._namespace_end)
        element = Element(local, line, dict(attributes)) if is_ours else None
        if element is not None and parent is not None:
            parent.children.append(element)
        self._open.append(element)

    def _end(self, _name: str) -> None:
        element = self._open.pop()
        if element is not None:
            element.text = element.text.strip()

    def _add_text(self, text: str) -> None:
        if self._open and self._open[-1] is not None:
            self._open[-1].text += text
