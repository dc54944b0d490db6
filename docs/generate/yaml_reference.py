"""Generates the reference of every YAML key in ``docs/yaml.md`` from the models."""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from dataflow_health.config import yaml_schema
from dataflow_health.config.yaml_schema import Schema
from docs.generate.markdown import code, replace_generated, table

HEADER = ("key", "default", "value", "description")

Row = tuple[str, str, str, str]
"""Cells under :data:`HEADER`."""


def update(page: str) -> str:
    """Replaces the generated reference of a page."""
    return replace_generated(page, _sections())


def _sections() -> Iterator[str]:
    for folder, kind in yaml_schema.SINGULAR.items():
        schema = yaml_schema.schema(folder)
        single = {kind: file for file, kind in yaml_schema.SINGLE_FILES.items()}.get(folder)
        subject = f"`{single}`" if single else f"{_with_article(kind)}: `{folder}/*.yaml`"
        yield f"## Keys of {subject}\n"
        if "properties" in schema:
            yield table(HEADER, _rows(schema, schema))
        definitions = dict(schema.get("$defs", {}))
        for union in _unions(schema):
            kinds = {
                kind: definitions.pop(name)
                for kind, name in _members(union).items()
                if name in definitions
            }
            yield from _union_sections(schema, kinds)
        for name in sorted(_references(schema) & set(definitions)):
            if "properties" in definitions[name]:
                rows = _rows(schema, definitions[name])
                yield _section(_spaced(name), definitions[name], rows)


def _union_sections(root: Schema, kinds: Mapping[str, Schema]) -> Iterator[str]:
    """One section for the keys shared by most kinds, then one section for each kind."""
    rows = {kind: _rows(root, schema) for kind, schema in kinds.items()}
    counts = Counter(row for kind_rows in rows.values() for row in kind_rows)
    shared = [row for row, count in counts.items() if count > 1 and count >= len(kinds) / 2]
    if shared:
        missing = {row: [kind for kind in rows if row not in rows[kind]] for row in shared}
        noted = [(*row[:3], f"{row[3]}{_exceptions(missing[row])}") for row in shared]
        title = "most kinds" if any(missing.values()) else "every kind"
        yield f"### Keys of {title}\n\n{table(HEADER, noted)}"
    for kind, schema in kinds.items():
        yield _section(f"`kind: {kind}`", schema, [row for row in rows[kind] if row not in shared])


def _section(title: str, schema: Schema, rows: Sequence[Row]) -> str:
    keys = f"\n{table(HEADER, rows)}" if rows else ""
    return f"### {title}\n\n{schema['description']}\n{keys}"


def _exceptions(kinds: Sequence[str]) -> str:
    return f" Not available in {', '.join(map(code, kinds))}." if kinds else ""


def _members(union: Schema) -> dict[str, str]:
    """Name of the definition of each kind of a union."""
    mapping = union["discriminator"]["mapping"]
    return {kind: reference.rsplit("/", 1)[-1] for kind, reference in mapping.items()}


def _unions(value: object) -> Iterator[Schema]:
    """Every union with a discriminator anywhere in a schema."""
    if isinstance(value, dict):
        if "mapping" in value.get("discriminator", ()):
            yield value
        for child in value.values():
            yield from _unions(child)
    if isinstance(value, list):
        for child in value:
            yield from _unions(child)


def _references(value: object) -> set[str]:
    """Names of all definitions referenced in a schema."""
    if isinstance(value, dict):
        own = {value["$ref"].rsplit("/", 1)[-1]} if "$ref" in value else set()
        return own.union(*map(_references, value.values()))
    return set().union(*map(_references, value)) if isinstance(value, list) else set()


def _rows(root: Schema, schema: Schema) -> list[Row]:
    required = schema.get("required", [])
    return [
        (
            code(key),
            "required" if key in required else _default(value.get("default")),
            yaml_schema.describe(root, value),
            value.get("description", ""),
        )
        for key, value in schema["properties"].items()
        if key != "kind"
    ]


def _default(default: object) -> str:
    if isinstance(default, bool):
        return code(str(default).lower())
    if default in (None, "", [], {}):
        return ""
    return code(f"[{', '.join(map(str, default))}]" if isinstance(default, list) else str(default))


def _spaced(name: str) -> str:
    """Class name as words: ``AlertRule`` as ``Alert rule``."""
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name)
    return words.strip().capitalize()


def _with_article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(update(path.read_text(encoding="utf-8")), encoding="utf-8")
