"""Writes a layout as YAML; equal layouts give equal text."""

import json
import re
from collections.abc import Iterator, Mapping

from dataflow_health.flight.layout import Layout, Parameter, Part

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}


def to_yaml(layout: Layout) -> str:
    """The text of a file of ``config/layouts/``; loading it gives an equal layout.

    Values are written as JSON, which is valid YAML, one key of a parameter per line.
    """
    lines = [f"describes: {_json(layout.describes)}"] if layout.describes else []
    if not layout.is_arinc767:
        lines.append(f"words_per_subframe: {layout.words_per_subframe}")
    given = layout.model_dump(mode="json", exclude_defaults=True)
    lines += [
        f"{key}: {_json(given[key])}" for key in ("sync_words", "counter", "clock") if key in given
    ]
    lines.append("parameters:")
    for name, parameter in layout.parameters.items():
        lines.append(f"  {_key(name)}:")
        lines += [f"    {key}: {_json(value)}" for key, value in _parameter_items(parameter)]
    return "\n".join(lines) + "\n"


def _parameter_items(parameter: Parameter) -> Iterator[tuple[str, object]]:
    given = parameter.model_dump(mode="json", exclude_defaults=True)
    for key in ("describes", "unit", "coding"):
        if key in given:
            yield key, given[key]
    yield from _location_items(parameter).items()
    if "conversion" in given:
        kind = {"kind": parameter.conversion.kind}
        yield "conversion", kind | given["conversion"]
    for key in ("digits", "states", "valid_range", "live", "required"):
        if key in given:
            yield key, given[key]


def _location_items(parameter: Parameter) -> Mapping[str, object]:
    """The short form when samples have one part each and differ only in the word."""
    if parameter.place is not None:
        return {"place": parameter.place.model_dump(mode="json", exclude_defaults=True)}
    shapes = {_location_shape(part) for sample in parameter.samples for part in sample}
    if len(shapes) == 1 and all(len(sample) == 1 for sample in parameter.samples):
        rest = parameter.samples[0][0].model_dump(mode="json", exclude_defaults=True)
        rest.pop("word")
        return {"words": [sample[0].word for sample in parameter.samples]} | rest
    parts = [
        [part.model_dump(mode="json", exclude_defaults=True) for part in sample]
        for sample in parameter.samples
    ]
    return {"samples": parts}


def _location_shape(part: Part) -> tuple[object, ...]:
    return part.bits, part.subframes, part.frames


def _key(name: str) -> str:
    is_plain = _PLAIN_KEY.fullmatch(name) and name.lower() not in _RESERVED_WORDS
    return name if is_plain else _json(name)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
