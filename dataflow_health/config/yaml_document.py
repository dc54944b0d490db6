"""YAML text as plain data, with the line number of every key.

Only the part of YAML that configuration needs: mappings, lists and scalars of the YAML 1.2 core
schema (section 10.3.2), so ``OFF``, ``no`` and ``12:30`` stay text. Duplicate keys, tags and
aliases are mistakes. libyaml composes the nodes and keeps their lines: 25 times as fast as a
round-trip reader on a layout of 110 parameters.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import yaml

from dataflow_health.errors import ConfigIssue

KeyPath = tuple[str | int, ...]
"""Keys and list positions from the top of a file down to one value."""

INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
CONSTANTS = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True,
    "false": False, "False": False, "FALSE": False,
}  # fmt: skip
MAX_DEPTH = 20
"""Nesting levels that are read: more than any file needs, fewer than Python's recursion limit."""
MAX_COMPOSED_DEPTH = 100
"""Nesting levels that libyaml may compose: it calls itself for each, and a C stack ends without an
error message."""
MAX_NUMBER_LENGTH = 100
"""Digits of a number; Python refuses to read 4,301 and more."""

STRING_TAG = "tag:yaml.org,2002:str"
PLAIN_TAGS = {STRING_TAG, "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"}


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """Content of one YAML file.

    Attributes:
        file: File name shown in issues.
        data: Top-level mapping; empty when the file is unreadable.
        lines: Line number, starting at 1, of every key and list item.
        issues: Mistakes in the YAML syntax.
    """

    file: str
    data: Mapping[str, object] = field(default_factory=dict)
    lines: Mapping[KeyPath, int] = field(default_factory=dict)
    issues: tuple[ConfigIssue, ...] = ()

    def line(self, path: KeyPath) -> int:
        """Line of a path, or of its nearest parent present in the file; 0 if there is none."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)

    def value(self, path: KeyPath) -> object:
        """Value at a path; None when the path does not exist."""
        value: object = self.data
        for step in path:
            if isinstance(value, Mapping):
                value = value.get(step)
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                return None
        return value

    def issue(self, path: KeyPath, problem: str, allowed: str = "") -> ConfigIssue:
        """Creates an issue at a path of this file, with its line number."""
        return ConfigIssue(self.file, self.line(path), format_path(path), problem, allowed)


def format_path(path: KeyPath) -> str:
    """Formats a path with dots: ``checks.0.within``."""
    return ".".join(str(step) for step in path)


@lru_cache(maxsize=1024)
def read(file: str, raw: bytes) -> YamlDocument:
    """Parses one YAML file. A file that did not change is not parsed again.

    Args:
        file: File name shown in issues.
        raw: Content of the file, UTF-8.

    Returns:
        The document. Malformed content never raises; it is listed in ``issues``.
    """
    try:
        root = yaml.compose(raw.decode("utf-8-sig"), _Loader)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return _unreadable(file, line, "not UTF-8", "save the file as UTF-8")
    except _TooDeepError as error:
        return _unreadable(
            file, error.line, f"nested deeper than {MAX_DEPTH} levels", "fewer levels"
        )
    except yaml.YAMLError as error:
        return YamlDocument(file, issues=(_syntax_issue(file, raw.decode("utf-8-sig"), error),))
    if root is None:
        return _unreadable(file, 0, "the file is empty", "lines of `key: value`")
    if not isinstance(root, yaml.MappingNode):
        line = root.start_mark.line + 1
        return _unreadable(file, line, "the file is not a mapping", "lines of `key: value`")
    reader = _Reader(file)
    data = reader.mapping(root, ())
    return YamlDocument(file, data, reader.lines, tuple(reader.issues))


def _unreadable(file: str, line: int, problem: str, allowed: str) -> YamlDocument:
    return YamlDocument(file, issues=(ConfigIssue(file, line, "", problem, allowed),))


class _TooDeepError(Exception):
    """The text is nested deeper than libyaml may compose."""

    def __init__(self, line: int) -> None:
        self.line = line
        super().__init__(f"line {line}")


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """libyaml's loader without YAML 1.1 type guessing; :func:`scalar` applies YAML 1.2 rules."""

    yaml_implicit_resolvers: Mapping[str, object] = {}
    _depth = 0

    def descend_resolver(self, parent: yaml.Node | None, _index: object) -> None:
        """Called before each node is composed: ends before the stack does."""
        self._depth += 1
        if self._depth > MAX_COMPOSED_DEPTH:
            raise _TooDeepError(parent.start_mark.line + 1 if parent else 0)

    def ascend_resolver(self) -> None:
        """Called after each composed node."""
        self._depth -= 1


class _Reader:
    """Converts composed nodes to data in one pass, collecting line numbers and issues."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[KeyPath, int] = {}
        self.issues: list[ConfigIssue] = []
        self._visited: set[int] = set()

    def mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, object]:
        self.lines.setdefault(path, node.start_mark.line + 1)
        data: dict[str, object] = {}
        for key, value_node, line in self._keys(node, path):
            child = (*path, key)
            if key in data:
                problem = f"duplicate key {key}, first used on line {self.lines[child]}"
                self._add_issue(line, child, problem, "keep one of them")
                continue
            self.lines[child] = line
            data[key] = self._value(value_node, child)  # type: ignore[index]  # states have numbers as keys
        return data

    def _keys(
        self, node: yaml.MappingNode, path: KeyPath
    ) -> Iterator[tuple[str | int, yaml.Node, int]]:
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = self._scalar(key_node, path) if isinstance(key_node, yaml.ScalarNode) else None
            if isinstance(key, str | int) and not isinstance(key, bool) and key != "<<":
                yield key, value_node, line
            else:
                name = f" {key_node.value}" if key is not None else ""
                self._add_issue(line, path, f"invalid key{name}", "text or a whole number")

    def _value(self, node: yaml.Node, path: KeyPath) -> object:
        line = self.lines[path]
        if id(node) in self._visited:
            self._add_issue(line, path, "aliases (*name) are not supported", "write the value out")
            return None
        self._visited.add(id(node))
        if len(path) > MAX_DEPTH:
            problem = f"nested deeper than {MAX_DEPTH} levels"
            self._add_issue(line, path[:1], problem, "fewer levels")
            return None
        if node.tag not in PLAIN_TAGS:
            problem = f"tags are not supported: {node.tag}"
            self._add_issue(line, path, problem, "write the value without the tag")
            return None
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._item(item, (*path, i)) for i, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _scalar(self, node: yaml.ScalarNode, path: KeyPath) -> str | int | float | bool | None:
        """Value of a scalar; a number that is too long or too large is an issue."""
        if not node.style and len(node.value) > MAX_NUMBER_LENGTH and is_number(node.value):
            problem = f"a number of {len(node.value):,} characters"
            allowed = f"at most {MAX_NUMBER_LENGTH}; quote it if it is text"
            self._add_issue(node.start_mark.line + 1, path, problem, allowed)
            return None
        value = scalar(node)
        if isinstance(value, float) and math.isinf(value):
            problem = f"the number {node.value} is too large"
            self._add_issue(node.start_mark.line + 1, path, problem, "at most 1.7e308")
            return None
        return value

    def _item(self, node: yaml.Node, path: KeyPath) -> object:
        self.lines[path] = node.start_mark.line + 1
        return self._value(node, path)

    def _add_issue(self, line: int, path: KeyPath, problem: str, allowed: str) -> None:
        self.issues.append(ConfigIssue(self.file, line, format_path(path), problem, allowed))


def is_number(text: str) -> bool:
    """Whether plain text is a number by the YAML 1.2 core schema."""
    return bool(INTEGER.fullmatch(text) or FLOAT.fullmatch(text))


def scalar(node: yaml.ScalarNode) -> str | int | float | bool | None:
    """Value of a scalar by the YAML 1.2 core schema; quoted scalars are text."""
    text: str = node.value
    if node.style:
        return text
    if text in CONSTANTS:
        return CONSTANTS[text]
    if INTEGER.fullmatch(text):
        return int(text, 0) if text[:2] in {"0x", "0o"} else int(text)
    if FLOAT.fullmatch(text):
        return float(text)
    return text


def _syntax_issue(file: str, text: str, error: yaml.YAMLError) -> ConfigIssue:
    """A libyaml syntax error in plain words."""
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        position = getattr(error, "position", 0)
        line = text.count("\n", 0, position) + 1
        return ConfigIssue(file, line, "", "control character in this line", "printable text")
    lines = text.splitlines() or [""]
    marked = lines[min(mark.line, len(lines) - 1)]
    if "\t" in marked[: len(marked) - len(marked.lstrip())]:
        return ConfigIssue(file, mark.line + 1, "", "indented with a tab", "indent with spaces")
    message = " ".join(str(part) for part in (error.context, error.problem) if part)
    return ConfigIssue(file, mark.line + 1, "", f"invalid YAML: {message}", "see docs/yaml.md")
