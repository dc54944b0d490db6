"""Delivery of one message through apprise; errors never contain a secret of the channel's URL."""

from collections.abc import Mapping, Sequence
from logging import WARNING

from dataflow_health import masking
from dataflow_health.alerting.message_format import Message


def send(url: str, message: Message, environment: Mapping[str, str]) -> str:
    """Sends a message: HTML to services that show it, plain text to the others.

    Args:
        url: Apprise URL of the channel.
        message: The message.
        environment: Environment whose secrets are masked in the error.

    Returns:
        Reason why the message could not be sent; empty when it was sent.
    """
    import apprise

    service = apprise.Apprise()
    if not service.add(url):
        return "the channel's URL is incomplete or of a kind that apprise does not know"
    is_html = _prefers_html(service[0].notify_format)
    body_format = apprise.NotifyFormat.HTML if is_html else apprise.NotifyFormat.TEXT
    body = message.html if is_html else message.text
    with apprise.LogCapture(level=WARNING, fmt="%(message)s") as captured:  # type: ignore[no-untyped-call]
        sent = service.notify(body=body, title=message.title, body_format=body_format)
        log: str = captured.getvalue().strip()
    if sent:
        return ""
    reason = log.splitlines()[-1] if log else "the service refused the message"
    return masking.mask(reason, environment)


def _prefers_html(formats: object) -> bool:
    """True when a service's only or preferred format is HTML."""
    if isinstance(formats, Sequence) and not isinstance(formats, str):
        formats = formats[0]
    return str(getattr(formats, "value", formats)) == "html"
