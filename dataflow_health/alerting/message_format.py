"""A message as plain text and as HTML, both rendered from the same labelled lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple

from jinja2 import Environment, PackageLoader, Template

from dataflow_health.alerting.alert import Alert
from dataflow_health.plain_text import on_one_line


class Line(NamedTuple):
    """One labelled value of a message.

    Attributes:
        label: Label; empty to continue the line before.
        value: Value.
        kind: Form in HTML. A ``link`` must be an ``http`` or ``https`` URL.
    """

    label: str
    value: str
    kind: Literal["text", "link", "command"] = "text"


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Attributes:
        title: Subject line.
        text: Body as plain text.
        html: Body as HTML.
        alerts: The same for Alertmanager; empty for a message that is about no incident or finding.
    """

    title: str
    text: str
    html: str
    alerts: tuple[Alert, ...] = ()


def render(title: str, lines: Sequence[Line], alerts: Sequence[Alert] = ()) -> Message:
    """The message with its lines in two columns, as plain text and as HTML."""
    width = max((len(line.label) for line in lines), default=0)
    lines = [line._replace(value=on_one_line(line.value)) for line in lines]
    text = "\n".join(f"{line.label:<{width}}  {line.value}".rstrip() for line in lines)
    html = _template().render(subject=title, lines=lines)
    return Message(on_one_line(title), f"{text}\n", html, tuple(alerts))


@cache
def _template() -> Template:
    environment = Environment(loader=PackageLoader(__package__), autoescape=True)
    return environment.get_template("message.html")
