"""Names of the vocabulary across files."""

from collections.abc import Iterator, Mapping

from dataflow_health.config.yaml_document import YamlDocument
from dataflow_health.errors import ConfigIssue
from dataflow_health.flight.vocabulary import Vocabulary, numbered_names


def term_names(document: YamlDocument) -> Iterator[str]:
    """Full names of all quantities of a vocabulary file, also of an invalid one."""
    terms = document.value(("terms",))
    for name, term in terms.items() if isinstance(terms, Mapping) else ():
        numbers = term.get("numbers") if isinstance(term, Mapping) else None
        yield from numbered_names(str(name), numbers)


def repeated_term_issues(
    vocabulary: Mapping[str, Vocabulary], documents: Mapping[str, YamlDocument]
) -> Iterator[ConfigIssue]:
    """Quantities declared twice: one of the two meanings would be lost.

    Args:
        vocabulary: Validated files by name.
        documents: All files by ``folder/name``.
    """
    first: dict[str, str] = {}
    for name, part in vocabulary.items():
        document = documents[f"vocabulary/{name}"]
        for declared, term in part.terms.items():
            for full_name in numbered_names(declared, list(term.numbers)):
                if full_name in first:
                    problem = f"{full_name} is already declared in {first[full_name]}"
                    yield document.issue(("terms", declared), problem, "keep one of them")
                first[full_name] = document.file
