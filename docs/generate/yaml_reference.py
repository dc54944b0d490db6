"""The reference of every YAML key, as Markdown from the models; run as a module, it writes it.

The prose above :data:`MARK` in ``docs/yaml.md`` is written by hand; all below it comes from here.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from dataflow_health.config import yaml_schema
from dataflow_health.config.yaml_schema import Schema

MARK = "<!-- Below this line all is written by `just docs`, from the models. -->\n"

Row = tuple[str, str, str, str]
"""Key, default, what may stand there, meaning."""


def with_keys(text: str) -> str:
    """A page with the reference below its mark written anew."""
    return text.partition(MARK)[0] + MARK + "".join(f"\n{section}" for section in _sections())


def _sections() -> Iterator[str]:
    for folder, kind in yaml_schema.SINGULAR.items():
        schema = yaml_schema.schema(folder)
        yield f"## Every key of {_article(kind)}: `{folder}/*.yaml`\n"
        if "properties" in schema:
            yield _table(_rows(schema, schema))
        inside = dict(schema.get("$defs", {}))
        for union in _unions(schema):
            kinds = {
                kind: inside.pop(name) for kind, name in _members(union).items() if name in inside
            }
            yield from _union_sections(schema, kinds)
        for name in sorted(_named(schema) & set(inside)):
            if "properties" in inside[name]:
                yield _section(_spaced(name), inside[name], _rows(schema, inside[name]))


def _union_sections(root: Schema, kinds: Mapping[str, Schema]) -> Iterator[str]:
    """What most kinds share once, then each kind with what is its own."""
    rows = {kind: _rows(root, shape) for kind, shape in kinds.items()}
    counted = Counter(row for own in rows.values() for row in own)
    shared = [row for row, count in counted.items() if count > 1 and count >= len(kinds) / 2]
    if shared:
        lacking = {row: [kind for kind in rows if row not in rows[kind]] for row in shared}
        told = [(*row[:3], f"{row[3]}{_except(lacking[row])}") for row in shared]
        which = "most kinds" if any(lacking.values()) else "every kind"
        yield f"### Of {which}\n\n{_table(told)}"
    for kind, shape in kinds.items():
        yield _section(f"`kind: {kind}`", shape, [row for row in rows[kind] if row not in shared])


def _section(title: str, shape: Schema, rows: Sequence[Row]) -> str:
    table = f"\n{_table(rows)}" if rows else ""
    return f"### {title}\n\n{shape['description']}\n{table}"


def _except(kinds: Sequence[str]) -> str:
    return f" Not so in {', '.join(f'`{kind}`' for kind in kinds)}." if kinds else ""


def _members(union: Schema) -> dict[str, str]:
    """Name of the definition of each kind of a union."""
    mapping = union["discriminator"]["mapping"]
    return {kind: reference.rsplit("/", 1)[-1] for kind, reference in mapping.items()}


def _unions(value: object) -> Iterator[Schema]:
    """Every tagged union anywhere in a schema."""
    if isinstance(value, dict):
        if "mapping" in value.get("discriminator", ()):
            yield value
        for inside in value.values():
            yield from _unions(inside)
    if isinstance(value, list):
        for inside in value:
            yield from _unions(inside)


def _named(value: object) -> set[str]:
    """Every definition that something refers to."""
    if isinstance(value, dict):
        own = {value["$ref"].rsplit("/", 1)[-1]} if "$ref" in value else set()
        return own.union(*map(_named, value.values()))
    return set().union(*map(_named, value)) if isinstance(value, list) else set()


def _rows(root: Schema, shape: Schema) -> list[Row]:
    required = shape.get("required", [])
    return [
        (
            f"`{key}`",
            "required" if key in required else _default(value.get("default")),
            yaml_schema.describe(root, value),
            value.get("description", ""),
        )
        for key, value in shape["properties"].items()
        if key != "kind"
    ]


def _table(rows: Sequence[Row]) -> str:
    head = ("key", "default", "what may stand there", "meaning")
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _default(default: object) -> str:
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if default in (None, "", [], {}):
        return ""
    return f"`[{', '.join(map(str, default))}]`" if isinstance(default, list) else f"`{default}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _spaced(name: str) -> str:
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name)
    return words.strip().capitalize()


def _article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


if __name__ == "__main__":
    page = Path(sys.argv[1])
    page.write_text(with_keys(page.read_text()))
