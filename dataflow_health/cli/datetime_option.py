"""Option type for a date and time with a time zone."""

from datetime import datetime

import click


class DateTimeParam(click.ParamType[datetime]):
    """ISO 8601 date and time with a time zone, such as ``2026-11-20T03:00Z``."""

    name = "time"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Parses the value; fails with an example of a valid one."""
        if isinstance(value, datetime):
            return value
        try:
            at = datetime.fromisoformat(str(value))
        except ValueError:
            at = None
        if at is None or at.tzinfo is None:
            message = f"{value!r} is not a time with a time zone, such as 2026-11-20T03:00Z"
            self.fail(message, param, ctx)
        return at


DATETIME = DateTimeParam()
