"""Delivery of alerts to Prometheus Alertmanager, by its API v2.

The channel's URL is ``alertmanager://HOST:9093`` (``alertmanagers://`` for HTTPS), with user and
password for basic authentication and a path prefix where the server has them.
"""

from collections.abc import Mapping
from datetime import datetime

from dataflow_health import masking
from dataflow_health.alerting import alert
from dataflow_health.alerting.message_format import Message

SCHEMES = {"alertmanager": "http", "alertmanagers": "https"}
TIMEOUT_S = 5.0
MAX_REASON_CHARACTERS = 300


def accepts(url: str) -> bool:
    """Whether the URL is one of an Alertmanager."""
    return url.partition("://")[0].lower() in SCHEMES


def send(url: str, message: Message, environment: Mapping[str, str], now: datetime) -> str:
    """Sends the alerts of a message; a message without any becomes an alert that soon ends.

    Args:
        url: URL of the channel.
        message: The message.
        environment: Environment whose secrets are masked in the error.
        now: Current time, UTC.

    Returns:
        Reason why they could not be sent; empty when they were sent.
    """
    import httpx

    alerts = message.alerts or (_notice(message, now),)
    scheme, _, rest = url.partition("://")
    target = f"{SCHEMES[scheme.lower()]}://{rest.rstrip('/')}/api/v2/alerts"
    try:
        answer = httpx.post(
            target, json=[each.document() for each in alerts], timeout=TIMEOUT_S, trust_env=False
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = f"Alertmanager does not answer: {error or type(error).__name__}"
    else:
        if answer.is_success:
            return ""
        words = " ".join(answer.text.split())[:MAX_REASON_CHARACTERS]
        reason = f"Alertmanager answers {answer.status_code}: {words}"
    return masking.mask(" ".join(reason.split()), environment)


def _notice(message: Message, now: datetime) -> alert.Alert:
    annotations = {"summary": message.title, "description": message.text}
    return alert.of_notice("DataflowHealthNotice", "info", annotations, now)
