"""Decoder of each recorder kind; a new recording format is added here."""

import functools
from collections.abc import Mapping

from dataflow_health.flight.arinc717 import decoder as arinc717
from dataflow_health.flight.arinc767 import decoder as arinc767
from dataflow_health.flight.csv_log import decoder as csv_log
from dataflow_health.flight.irig106 import decoder as irig106
from dataflow_health.flight.recording import Decoder

DECODERS: Mapping[str, Decoder] = {
    "arinc717": arinc717.decode,
    "arinc767": arinc767.decode,
    "csv": csv_log.decode,
    "irig106": functools.partial(irig106.decode, arinc717.decode),
}
"""Decoder by ``kind`` of the recorder's YAML."""

DECODER_VERSIONS: Mapping[str, str] = {"arinc717": "3", "arinc767": "3", "csv": "3", "irig106": "3"}
"""Version of each decoder's results by kind. Raise it with them, so that the check
``versions_current`` shows the recordings of that kind, and no others, as outdated."""
