"""Names that mappings use across files: recorders, layouts, their parameters and the vocabulary."""

from collections.abc import Collection, Iterator, Mapping

from dataflow_health.config.validation_errors import suggest
from dataflow_health.config.yaml_document import KeyPath, YamlDocument
from dataflow_health.errors import ConfigIssue
from dataflow_health.flight.layout import Layout
from dataflow_health.flight.mapping import MappedSource, ParameterMapping
from dataflow_health.flight.units import KINDS, find_unit, is_convertible
from dataflow_health.flight.vocabulary import Term

Documents = Mapping[str, YamlDocument]
"""All YAML files by ``folder/name``."""


def mapping_issues(
    mappings: Mapping[str, ParameterMapping],
    terms: Mapping[str, Term],
    layouts: Mapping[str, Layout],
    documents: Documents,
) -> Iterator[ConfigIssue]:
    """Finds unknown names, units that do not convert, and recorders with two mappings.

    Args:
        mappings: Validated mappings by name.
        terms: Valid quantities of the vocabulary, by full name.
        layouts: Validated layouts by name.
        documents: All files, including invalid ones.
    """
    owners: dict[tuple[str, str], str] = {}
    for name, mapping in mappings.items():
        document = documents[f"mappings/{name}"]
        yield from _owner_issues(mapping, document, documents, owners)
        known = _parameters(mapping, layouts)
        for quantity, sources in mapping.quantities.items():
            path: KeyPath = ("quantities", quantity)
            if quantity not in terms:
                yield document.issue(path, f"unknown quantity {quantity}", suggest(quantity, terms))
                continue
            for place, source in enumerate(sources):
                yield from _source_issues(source, terms[quantity], document, (*path, place), known)


def _owner_issues(
    mapping: ParameterMapping,
    document: YamlDocument,
    documents: Documents,
    owners: dict[tuple[str, str], str],
) -> Iterator[ConfigIssue]:
    """Recorders and layouts that do not exist, or that another mapping names too."""
    for key, folder in (("recorders", "recorders"), ("layouts", "layouts")):
        known = [each.partition("/")[2] for each in documents if each.startswith(f"{folder}/")]
        for place, owner in enumerate(getattr(mapping, key)):
            kind = folder.removesuffix("s")
            if owner not in known:
                problem = f"unknown {kind} {owner}"
                yield document.issue((key, place), problem, suggest(owner, known))
            other = owners.setdefault((kind, owner), document.file)
            if other != document.file:
                problem = f"{kind} {owner} is also named in {other}"
                yield document.issue((key, place), problem, "one mapping for each")


def _parameters(mapping: ParameterMapping, layouts: Mapping[str, Layout]) -> Collection[str] | None:
    """Parameters that a source may name; None when a recorder's or an invalid layout's are open."""
    if mapping.recorders or not layouts.keys() >= set(mapping.layouts):
        return None
    return {name for layout in mapping.layouts for name in layouts[layout].parameters}


def _source_issues(
    source: MappedSource,
    term: Term,
    document: YamlDocument,
    path: KeyPath,
    known: Collection[str] | None,
) -> Iterator[ConfigIssue]:
    for parameter in source.parameters if known is not None else ():
        if parameter not in known:  # type: ignore[operator]
            problem = f"unknown parameter {parameter}"
            yield document.issue((*path, "parameter"), problem, suggest(parameter, known or ()))
    unit = find_unit(source.unit or "")
    if unit and not _converts(unit, term.unit, has_density=source.density_kg_l is not None):
        problem = f"unit {source.unit} does not convert to {term.unit or 'no unit'}"
        needs_density = KINDS[unit].startswith("volume") and KINDS[term.unit].startswith("mass")
        allowed = "give density_kg_l" if needs_density else f"a unit of {KINDS[term.unit]}"
        yield document.issue((*path, "unit"), problem, allowed)
    for recorded, value in source.states.items():
        if term.states and value not in term.states:
            states = ", ".join(f"{each} {text}" for each, text in term.states.items())
            problem = f"unknown state {value}"
            yield document.issue((*path, "states", recorded), problem, states)


def _converts(unit: str, target: str, *, has_density: bool) -> bool:
    if not target or is_convertible(unit, target):
        return True
    volume_to_mass = {"volume": "mass", "volume flow": "mass flow"}
    return has_density and volume_to_mass.get(KINDS[unit]) == KINDS[target]
