"""Typed Python client of the API; the command line uses it with ``--url``.

``with Client("http://localhost:8000") as api: api.status().status``
"""

from dataflow_health.client.actions import Actions
from dataflow_health.client.annotations import Annotations
from dataflow_health.client.events import Events, StreamEvent
from dataflow_health.client.health_reads import HealthReads
from dataflow_health.client.live_signals import LiveSignals
from dataflow_health.client.record_reads import RecordReads
from dataflow_health.client.views import Views
from dataflow_health.errors import ApiError, DataflowHealthError, NotFound
from dataflow_health.health.report import ProcessHealth

__all__ = ["ApiError", "Client", "DataflowHealthError", "NotFound", "ProcessHealth", "StreamEvent"]


class Client(HealthReads, RecordReads, LiveSignals, Views, Actions, Annotations, Events):
    """Client of one API: all that it can show and do."""
