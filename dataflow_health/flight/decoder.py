"""Which decoder reads which recorder kind: the one place a new format is added."""

from collections.abc import Mapping

from dataflow_health.flight import arinc717, delimited
from dataflow_health.flight.recording import Decoder

DECODERS: Mapping[str, Decoder] = {"arinc717": arinc717.decode, "csv": delimited.decode}
"""Decoder by ``kind`` of the recorder's YAML."""
