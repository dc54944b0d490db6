"""The one door by which messages leave: every channel gets them, with pseudonyms if there is a key.

The tails that are replaced are those of the ledger and those that a file name in the message shows
by a recorder's patterns: an archive of an aircraft that was never seen before may be a broken one.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from loguru import logger

from dataflow_health import clock
from dataflow_health.alerting import alertmanager_channel, apprise_channel
from dataflow_health.alerting.message_format import Message
from dataflow_health.errors import DatabaseError
from dataflow_health.flight.recorder import Recorder
from dataflow_health.settings import Settings
from dataflow_health.storage.queries import known_tails
from dataflow_health.storage.sql import database, server_limits

_WORD = re.compile(r"[^\s/:,;()<>\"'`]+")

_connect = lru_cache(maxsize=8)(database.connect)

_last_known: dict[str, tuple[str, ...]] = {}
"""Tails by database as last read, for messages while it is away."""


class Outgoing:
    """Sends messages to channels."""

    def __init__(
        self,
        settings: Settings,
        recorders: Mapping[str, Recorder],
        environment: Mapping[str, str],
    ) -> None:
        """Takes the key of the pseudonyms, the patterns of names, and the channels' secrets."""
        self._settings = settings
        self._patterns = tuple(_patterns(recorders.values()))
        self._environment = environment

    def send(self, url: str, message: Message) -> str:
        """Sends a message to a channel's URL; returns why that failed, empty when it was sent."""
        hidden = self._hide(message)
        if alertmanager_channel.accepts(url):
            return alertmanager_channel.send(url, hidden, self._environment, clock.utc_now())
        return apprise_channel.send(url, hidden, self._environment)

    def _hide(self, message: Message) -> Message:
        pseudonyms = self._settings.pseudonyms
        if pseudonyms is None:
            return message
        known, patterns = self._known(), self._patterns

        def hide(text: str, shown: str = "") -> str:
            return pseudonyms.hide(text, {*known, *named_tails(shown or text, patterns)})

        shown = f"{message.title} {message.text}"
        return Message(
            title=hide(message.title, shown),
            text=hide(message.text, shown),
            html=hide(message.html, shown),
            alerts=tuple(each.hidden(hide) for each in message.alerts),
        )

    def _known(self) -> Sequence[str]:
        url = self._settings.database_url.get_secret_value()
        limits = server_limits.from_settings(self._settings)
        try:
            _last_known[url] = known_tails.read(_connect(url, limits))
        except DatabaseError as error:
            logger.warning("pseudonyms by the aircraft known before: {}", error)
        return _last_known.get(url, ())


def named_tails(text: str, patterns: Sequence[re.Pattern[str]]) -> Iterator[str]:
    """Tails that names of files in a text show."""
    for word in _WORD.findall(text):
        yield from (found["tail"] for each in patterns if (found := each.search(word)))


def _patterns(recorders: Iterable[Recorder]) -> Iterator[re.Pattern[str]]:
    for recorder in recorders:
        for pattern in (*recorder.archives, *recorder.members):
            if "(?P<tail>" in pattern:
                yield re.compile(pattern)
