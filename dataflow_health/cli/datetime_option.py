"""An instant as people give it to a command."""

from datetime import datetime

import click


class DateTimeParam(click.ParamType[datetime]):
    """An ISO 8601 instant that names its zone."""

    name = "instant"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Reads it, or says what would be right."""
        if isinstance(value, datetime):
            return value
        try:
            at = datetime.fromisoformat(str(value))
        except ValueError:
            at = None
        if at is None or at.tzinfo is None:
            self.fail(f"{value!r} is no instant with a zone, as 2026-11-20T03:00Z", param, ctx)
        return at


DATETIME = DateTimeParam()
