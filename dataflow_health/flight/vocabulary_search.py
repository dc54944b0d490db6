"""Search of the vocabulary by meaning and synonym."""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from dataflow_health.flight.vocabulary import Term

_EXACT_SCORE = 100.0
"""A synonym or name equal to the whole query, apart from case, blanks and punctuation."""

_WORD_SCORES = {"name": 3.0, "synonym": 2.0, "describes": 1.0}
"""Score of a word of the query by where it occurs; a word that only begins so counts half."""

_MIN_SIMILARITY = 0.75
"""Similarity from which a misspelt word counts as a word."""

_WORD = re.compile(r"[a-z]+|[0-9]+")


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One quantity that a search found.

    Attributes:
        name: Name of the quantity.
        term: Its declaration.
        score: Agreement with the query; higher is better.
    """

    name: str
    term: Term
    score: float


def search(terms: Mapping[str, Term], query: str, *, limit: int) -> Sequence[SearchHit]:
    """Quantities whose name, synonyms or description contain every word of a query.

    Args:
        terms: The vocabulary, by full name.
        query: English words or a recorder's name, such as ``engine oil`` or ``E1 OilT``.
        limit: Largest number of hits.

    Returns:
        The best first; hits of equal score by name. Misspelt words are tried only when the words
        as given find nothing.
    """
    words = _words(query)
    if not words:
        return ()
    for correct in (False, True):
        scores = {name: _score(name, term, query, words, correct) for name, term in terms.items()}
        found = sorted((-score, name) for name, score in scores.items() if score)
        if found:
            return [SearchHit(name, terms[name], -score) for score, name in found[:limit]]
    return ()


@lru_cache(maxsize=4096)
def compact(text: str) -> str:
    """Letters and digits of a text in lower case: ``E1 OilT`` and ``e1_oilt`` are the same name."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _score(name: str, term: Term, query: str, words: Sequence[str], correct: bool) -> float:
    scores = [_word_score(name, term, word, correct=correct) for word in words]
    is_exact = compact(query) in map(compact, (name, *term.synonyms))
    if is_exact:
        return _EXACT_SCORE + sum(scores)
    return sum(scores) if all(scores) else 0.0


def _word_score(name: str, term: Term, word: str, *, correct: bool) -> float:
    return max(
        (
            _WORD_SCORES[place] * _agreement(word, candidate, correct=correct)
            for place, candidate in _candidates(name, term)
        ),
        default=0.0,
    )


def _candidates(name: str, term: Term) -> Iterator[tuple[str, str]]:
    yield from (("name", word) for word in _words(name))
    yield from (("synonym", word) for synonym in term.synonyms for word in _words(synonym))
    yield from (("describes", word) for word in _words(term.describes))


def _agreement(word: str, candidate: str, *, correct: bool) -> float:
    """1 for the same word, a half for its beginning, a quarter for a misspelling, else 0."""
    if word == candidate:
        return 1.0
    if len(word) > 1 and candidate.startswith(word):
        return 0.5
    similar = correct and difflib.SequenceMatcher(None, word, candidate).ratio() >= _MIN_SIMILARITY
    return 0.25 if similar else 0.0


@lru_cache(maxsize=8192)
def _words(text: str) -> Sequence[str]:
    return tuple(_WORD.findall(text.lower()))
