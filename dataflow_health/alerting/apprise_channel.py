"""One message through apprise to wherever a URL leads; no secret of the URL is ever told."""

from collections.abc import Mapping, Sequence
from logging import WARNING

from dataflow_health.alerting.messages import Message
from dataflow_health.monitoring.probes import redact


def send(url: str, message: Message, environment: Mapping[str, str]) -> str:
    """Sends a message.

    Args:
        url: As apprise reads it.
        message: What to say; HTML goes to services that show it, plain text to the others.
        environment: Whose secrets are starred out of what went wrong.

    Returns:
        Why it could not be sent; empty when it was.
    """
    import apprise

    service = apprise.Apprise()
    if not service.add(url):
        return "apprise does not know this kind of URL, or something in it is missing"
    rich = _prefers_html(service[0].notify_format)
    shape = apprise.NotifyFormat.HTML if rich else apprise.NotifyFormat.TEXT
    body = message.html if rich else message.text
    with apprise.LogCapture(level=WARNING, fmt="%(message)s") as captured:  # type: ignore[no-untyped-call]
        done = service.notify(body=body, title=message.title, body_format=shape)
        said: str = captured.getvalue().strip()
    if done:
        return ""
    reason = said.splitlines()[-1] if said else "the service refused it"
    return redact.masked(reason, environment)


def _prefers_html(shapes: object) -> bool:
    """A service names one format, or several with its own first."""
    first = shapes[0] if isinstance(shapes, Sequence) and not isinstance(shapes, str) else shapes
    return str(getattr(first, "value", first)) == "html"
