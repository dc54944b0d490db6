"""A message about the monitoring itself, to every configured channel, without an incident."""

from collections.abc import Iterable, Mapping

from loguru import logger

from dataflow_health.alerting.delivery import Send
from dataflow_health.alerting.message_format import Line, render
from dataflow_health.health.alert_rule import AlertRule


def channels(rules: Iterable[AlertRule]) -> list[str]:
    """Environment variables of the rules' channels, each once."""
    return list(dict.fromkeys(channel for rule in rules for channel in rule.all_channels()))


def send(
    rules: Iterable[AlertRule],
    title: str,
    lines: Mapping[str, str],
    environment: Mapping[str, str],
    send_message: Send,
) -> Mapping[str, str]:
    """Sends a message to every channel of the rules that is configured.

    Args:
        rules: Alert rules.
        title: Subject line.
        lines: Labelled values.
        environment: Environment variables that hold the channels' URLs.
        send_message: Sends one message to one URL.

    Returns:
        Reason why the message could not be sent, by channel; empty where it was sent.
    """
    message = render(title, [Line(label, value) for label, value in lines.items()])
    errors = {
        channel: send_message(url, message)
        for channel in channels(rules)
        if (url := environment.get(channel))
    }
    for channel, error in errors.items():
        if error:
            logger.warning("message to {} was not sent: {}", channel, error)
    return errors
