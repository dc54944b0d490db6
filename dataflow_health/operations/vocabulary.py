"""Quantities of the vocabulary that match a text, with the algorithms that use them."""

from dataflow_health.config.catalogue import Catalogue
from dataflow_health.flight.algorithms.algorithm import algorithms_using
from dataflow_health.flight.vocabulary_search import search
from dataflow_health.schemas import VocabularyQuantity


def quantities(catalogue: Catalogue, text: str, limit: int) -> tuple[VocabularyQuantity, ...]:
    """Quantities that match, the best first.

    Args:
        catalogue: What is declared.
        text: Words of the meaning, or a recorder's name for it.
        limit: Number of quantities at most.
    """
    return tuple(
        VocabularyQuantity(
            name=hit.name,
            algorithms=algorithms_using(catalogue.algorithms, hit.name),
            **hit.term.model_dump(exclude={"numbers"}),
        )
        for hit in search(catalogue.terms, text, limit=limit)
    )
