"""The caller of a request: name, scope and aircraft."""

from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Literal

Scope = Literal["read", "operate", "admin"]

SCOPES: tuple[Scope, ...] = ("read", "operate", "admin")
"""Each includes those before it."""

ALL_AIRCRAFT = "*"


@dataclass(frozen=True, slots=True)
class Caller:
    """The person or program that a key or a token names.

    Attributes:
        name: Name of the key or the person, for limits, logs and the audit log.
        scope: What the caller may do.
        by: How the caller is known: ``key``, ``token`` or, without either, ``anonymous``.
        tails: Patterns of the aircraft that the caller may see, such as ``HB-Z*``.
        expires_at: Time up to which the caller is known, UTC; None without an end.
    """

    name: str
    scope: Scope
    by: Literal["key", "token", "anonymous"] = "key"
    tails: tuple[str, ...] = (ALL_AIRCRAFT,)
    expires_at: datetime | None = None

    def may(self, scope: Scope) -> bool:
        """Whether the caller's scope includes another."""
        return SCOPES.index(self.scope) >= SCOPES.index(scope)

    @property
    def sees_all_aircraft(self) -> bool:
        """Whether no aircraft is hidden; none is from an administrator."""
        return ALL_AIRCRAFT in self.tails or self.scope == "admin"

    def may_see(self, tail: str) -> bool:
        """Whether the caller may see an aircraft."""
        return self.sees_all_aircraft or any(fnmatchcase(tail, each) for each in self.tails)


ANONYMOUS = Caller("anonymous", "read", "anonymous")
