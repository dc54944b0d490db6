"""What an operator might bring along."""

from typing import Any


def breaks(*_given: Any, **_more: Any) -> Any:
    raise ZeroDivisionError("the operator's own fault")
