"""Users of the API by OpenID Connect: verifies a signed JSON Web Token and reads its claims.

The identity provider signs the tokens; this module needs its public keys and never a secret.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import jwt

from dataflow_health.api.caller import ALL_AIRCRAFT, SCOPES, Caller, Scope
from dataflow_health.api.envelope import RequestRejected
from dataflow_health.api.key_set import KeySet, KeysUnavailable
from dataflow_health.settings import TokenSettings

LEEWAY_S = 30.0
"""Difference allowed between the clocks of this machine and of the identity provider."""
FAR_AWAY_S = 1 << 33
"""Latest expiry that is kept, in seconds since 1970: the year 2242, which a datetime holds."""
LONGEST_NAME = 64
"""Characters of a name; the audit log holds twice as many."""


class TokenVerifier:
    """Finds the caller that a token names."""

    def __init__(self, settings: TokenSettings, keys: KeySet) -> None:
        """Takes what tokens must say, and the keys that may sign them."""
        self._settings = settings
        self._keys = keys

    def verify(self, token: str) -> Caller:
        """The caller of a valid token.

        Raises:
            RequestRejected: The token is not signed by a known key with an allowed algorithm, is
                expired or for another service, or has no name or role; or the keys of the identity
                provider cannot be read.
        """
        try:
            claims = self._claims(token)
        except jwt.PyJWTError as error:
            raise _invalid(str(error)) from error
        except KeysUnavailable as error:
            http = HTTPStatus.SERVICE_UNAVAILABLE
            raise RequestRejected(http, "token_keys_unavailable", str(error)) from error
        return self._caller(claims)

    def _claims(self, token: str) -> Mapping[str, Any]:
        """Claims of a token that one of the keys of its id and algorithm has signed."""
        header = jwt.get_unverified_header(token)
        algorithm = header.get("alg")
        keys = self._keys.find(header.get("kid", ""))
        problem: jwt.PyJWTError = jwt.InvalidKeyError(
            "no key of the identity provider has the token's key id"
        )
        if keys:
            problem = jwt.InvalidKeyError(f"its key is not for the algorithm {algorithm}")
        for key in keys:
            if key.algorithm_name == algorithm:
                try:
                    return self._decode(token, key)
                except jwt.InvalidSignatureError as error:
                    problem = error
        raise problem

    def _decode(self, token: str, key: jwt.PyJWK) -> Mapping[str, Any]:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=list(self._settings.algorithms),
            audience=self._settings.audience,
            issuer=self._settings.issuer,
            leeway=LEEWAY_S,
            options={"require": ["exp", "iss", "aud"]},
        )
        return claims

    def _caller(self, claims: Mapping[str, Any]) -> Caller:
        name = _claim(claims, self._settings.name_claim)
        if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
            raise _invalid(f"the claim {self._settings.name_claim} has no name")
        scope = self._scope(claims)
        if scope is None:
            message = f"{name} has none of the roles {', '.join(SCOPES)}"
            raise RequestRejected(HTTPStatus.FORBIDDEN, "insufficient_scope", message)
        expires_at = datetime.fromtimestamp(min(int(claims["exp"]), FAR_AWAY_S) + LEEWAY_S, UTC)
        return Caller(name, scope, "token", self._tails(claims), expires_at)

    def _scope(self, claims: Mapping[str, Any]) -> Scope | None:
        prefix = self._settings.role_prefix
        roles = set(_words(_claim(claims, self._settings.roles_claim)))
        return next((each for each in reversed(SCOPES) if prefix + each in roles), None)

    def _tails(self, claims: Mapping[str, Any]) -> tuple[str, ...]:
        """Patterns of aircraft; none when the claim is missing though it is declared."""
        if not self._settings.tails_claim:
            return (ALL_AIRCRAFT,)
        return tuple(_words(_claim(claims, self._settings.tails_claim)))


def _claim(claims: Mapping[str, object], path: str) -> object:
    """Value of a claim, also of one inside another: ``realm_access.roles``; None without it."""
    if path in claims:
        return claims[path]
    found: object = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _words(value: object) -> Iterator[str]:
    """Texts of a list, or of one text with blanks or commas between."""
    if isinstance(value, str):
        yield from value.replace(",", " ").split()
    elif isinstance(value, list):
        yield from (each for each in value if isinstance(each, str))


def _invalid(problem: str) -> RequestRejected:
    message = f"the token is not valid: {problem}"
    headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
    return RequestRejected(HTTPStatus.UNAUTHORIZED, "invalid_token", message, headers)
