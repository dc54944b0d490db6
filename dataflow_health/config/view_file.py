"""Text of a view's file: written anew, or changed so that the comments of a person stay.

Each key of a view stands at the top of its file. A save replaces the lines of the keys whose value
changed, and keeps all others as they are, comments included.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from dataflow_health.config import catalogue, yaml_document
from dataflow_health.health.saved_view import SavedView

_PLAIN = re.compile(r"[A-Za-z][\w .,()/-]*[\w.)]|[A-Za-z]")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
_COMMENT = re.compile(r"(^|\s)#")


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]
    """Writes text plainly where every reader of YAML takes it as text, else quoted."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    is_plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
    style = "|" if "\n" in text else None if is_plain else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def write(view: SavedView) -> str:
    """Text of a new file."""
    return "".join(_block(key, value) for key, value in _given(view).items())


def change(text: str, view: SavedView) -> tuple[str, int]:
    """Text of a file that another view replaces.

    Args:
        text: The file as it is.
        view: The view that it shall hold.

    Returns:
        The new text, and the number of lines with a comment that it lost.
    """
    document = yaml_document.read("", text.encode())
    changed = write(view)
    if not document.issues and isinstance(document.data, Mapping):
        kept = "".join(_blocks(text, document, _given(view)))
        if _holds(kept, view):
            changed = kept
    lost = _comments(text) - _comments(changed)
    return changed, max(lost, 0)


def _given(view: SavedView) -> Mapping[str, Any]:
    """Values of a view that differ from the defaults, in the order of the reference."""
    return view.model_dump(mode="json", exclude_defaults=True)


def _block(key: str, value: object) -> str:
    if isinstance(value, list):
        return f"{key}: {_dump(value, is_flow=True)}"
    return _dump({key: value}, is_flow=False)


def _dump(value: object, *, is_flow: bool) -> str:
    text: str = yaml.dump(
        value, Dumper=_Dumper, allow_unicode=True, width=100, default_flow_style=is_flow
    )
    return text


def _blocks(
    text: str, document: yaml_document.YamlDocument, wanted: Mapping[str, Any]
) -> Iterator[str]:
    """Lines of each key, those of changed ones anew; then keys that the file did not have."""
    lines = text.splitlines(keepends=True)
    starts = sorted((document.line((key,)) - 1, key) for key in document.data)
    ends = [start for start, _ in starts[1:]] + [len(lines)]
    yield "".join(lines[: starts[0][0]] if starts else lines)
    for (start, key), end in zip(starts, ends, strict=True):
        own = lines[start:end]
        behind = _comment_lines_at_end(own)
        value = document.data[key]
        if key in wanted and value == wanted[key]:
            yield "".join(own)
            continue
        if key in wanted:
            yield _block(key, wanted[key])
        yield "".join(own[len(own) - behind :])
    if lines and not lines[-1].endswith("\n"):
        yield "\n"
    for key, value in wanted.items():
        if key not in document.data:
            yield _block(key, value)


def _comment_lines_at_end(lines: Sequence[str]) -> int:
    """Number of blank and comment lines at the end of a block: they belong to the next key."""
    count = 0
    for line in reversed(lines[1:]):
        if line.strip() and not line.startswith("#"):
            break
        count += 1
    return count


def _holds(text: str, view: SavedView) -> bool:
    model, _ = catalogue.validate("views", yaml_document.read("", text.encode()))
    return model == view


def _comments(text: str) -> int:
    """Lines with a comment; a ``#`` inside of text counts as well, on both sides alike."""
    return sum(bool(_COMMENT.search(line)) for line in text.splitlines())
