"""The only masking of secrets: in URLs, in ``name=value`` pairs, and by value.

A text that is masked too much is a nuisance, a secret that is shown is a leak. So the password of a
URL ends at the *last* ``@``, and the value of a secret parameter at the next ``&name=``.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from urllib.parse import unquote

STARS = "***"

_SCHEME = re.compile(r"(?i)[a-z][a-z0-9+.\-]{0,30}://")
_ENCODED_SCHEME = re.compile(r"(?i)[a-z][a-z0-9+.\-]{0,30}%(?:25){0,3}3a(?:%(?:25){0,3}2f|/){2}")
_COLON = re.compile(r":")
_ENCODED_COLON = re.compile(r"(?i):|%(?:25){0,3}3a")
_AT = re.compile(r"@")
_ENCODED_AT = re.compile(r"(?i)@|%(?:25){0,3}40")
_WEB = re.compile(r"(?i)https?\W")

_SENSITIVE_WORD = (
    r"passw|passphrase|pwd|token|secret|signature|credential|api[_-]?key|access[_-]?key"
    r"|private[_-]?key|account[_-]?key"
)
_SENSITIVE_NAME = re.compile(rf"(?i){_SENSITIVE_WORD}|[?&;](?:pass|sig|auth|key)$|^sig$")
_PAIR = re.compile(r"(?i)([?&;]?[\w.%\-\[\]]{1,64}?)(?:=|%(?:25){0,3}3d)")
_QUOTED = re.compile(
    rf"(?i)((?:{_SENSITIVE_WORD})\w{{0,40}}['\"]?\s?[=:]\s?)(['\"])(?:\\.|(?!\2)[^\\\n]){{0,500}}\2"
)
_BEARER = re.compile(r"(?i)\b(bearer\s+|authorization:\s*basic\s+)[^\s'\"]+")
_WORD = re.compile(r"\S+")

_SECRET_VARIABLE = re.compile(r"(?i)^(?!(?:old)?pwd$).*(?:passw|pwd|token|secret|key|credential)")
"""All but ``PWD`` and ``OLDPWD``, by which shells name the working folder."""


def mask(text: str, environment: Mapping[str, str] | None = None) -> str:
    """Text with ``***`` for passwords in URLs, secrets in ``name=value``, and secret variables.

    Args:
        text: Any text, such as an error message of a driver.
        environment: Environment variables; the values of secret ones are masked wherever they
            stand.
    """
    if environment:
        for secret in _secrets(tuple(environment.items())):
            text = text.replace(secret, STARS)
    text = _QUOTED.sub(rf"\1\2{STARS}\2", text)
    text = _BEARER.sub(rf"\1{STARS}", text)
    return _WORD.sub(lambda word: _mask_word(word[0]), text)


def mask_url(url: str) -> str:
    """A URL with ``***`` for its password and for secrets in its query.

    The whole text is one URL, so that a password may hold any character, blanks included. A path
    without a scheme is returned as it is.
    """
    if "://" not in url and url.startswith(("/", ".", "~")):
        return url
    return _mask_word(url)


def _mask_word(word: str) -> str:
    """Masks the user information of the first URL in a word, and its secret parameters."""
    if "%" in word:
        word = _mask_userinfo(word, _ENCODED_SCHEME, _ENCODED_COLON, _ENCODED_AT)
    if "@" in word:
        word = _mask_userinfo(word, _SCHEME, _COLON, _AT)
    return _mask_pairs(word)


def _mask_userinfo(
    word: str, scheme: re.Pattern[str], colon: re.Pattern[str], at: re.Pattern[str]
) -> str:
    span = _password_span(word, scheme, colon, at)
    return f"{word[: span[0]]}{STARS}{word[span[1] :]}" if span else word


def _password_span(
    word: str, scheme: re.Pattern[str], colon: re.Pattern[str], at: re.Pattern[str]
) -> tuple[int, int] | None:
    """Start and end of a URL's password; None without one.

    The user information of a web address without a colon is a token, elsewhere a user's name.
    """
    begin = scheme.search(word)
    if begin is None:
        return None
    end = max((each.start() for each in at.finditer(word, begin.end())), default=-1)
    if end < 0:
        return None
    separator = colon.search(word, begin.end(), end)
    if separator is not None:
        return separator.end(), end
    is_token = _WEB.match(begin[0]) and "/" not in word[begin.end() : end]
    return (begin.end(), end) if is_token else None


def _mask_pairs(word: str) -> str:
    """Masks the values of secret parameters, percent-encoded names and separators included."""
    if "=" not in word and "%" not in word:
        return word
    pairs = list(_PAIR.finditer(word))
    parts, shown_to = [], 0
    for index, pair in enumerate(pairs):
        if pair.start() < shown_to or not _SENSITIVE_NAME.search(_decode(pair[1])):
            continue
        following = (each.start() for each in pairs[index + 1 :] if each[1][0] in "&;")
        parts += [word[shown_to : pair.end()], STARS]
        shown_to = next(following, len(word))
    return "".join([*parts, word[shown_to:]])


def _decode(name: str) -> str:
    """A parameter's name without percent-encoding, also when it was encoded several times."""
    for _ in range(4):
        name = unquote(name)
    return name


@lru_cache(maxsize=4)
def _secrets(variables: tuple[tuple[str, str], ...]) -> Sequence[str]:
    """Secret values of environment variables, the longest first.

    Kept, as every line of a log is masked and the environment seldom changes.
    """
    return sorted(set(_secret_values(variables)), key=len, reverse=True)


def _secret_values(variables: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Very short values are left out: they match ordinary text."""
    for name, value in variables:
        if _SECRET_VARIABLE.search(name) and len(value) >= 6:
            yield value
        span = _password_span(value, _SCHEME, _COLON, _AT)
        password = value[slice(*span)] if span else ""
        if len(password) >= 4:
            yield from {password, unquote(password)}
