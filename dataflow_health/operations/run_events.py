"""OpenLineage events of a stage run. Whatever becomes of them, the run goes on."""

from collections.abc import Callable
from threading import Thread

from loguru import logger

from dataflow_health.clock import utc_now
from dataflow_health.config.catalogue import Catalogue
from dataflow_health.settings import Settings
from dataflow_health.storage.files import lineage_outbox
from dataflow_health.storage.files.lineage_outbox import EventState


class RunEvents:
    """Events of one run of a stage; nothing while no receiver is configured."""

    def __init__(
        self,
        chosen: Settings,
        catalogue: Callable[[], Catalogue],
        stage: str,
        day: str,
        run_id: str,
    ) -> None:
        """Adds no event yet.

        Args:
            chosen: Settings.
            catalogue: Returns the declarations; called only where events are wanted.
            stage: Name of the stage.
            day: Arrival day.
            run_id: Dagster run.
        """
        self._chosen = chosen
        self._catalogue = catalogue
        self._step = stage, day, run_id
        self._begun_at = utc_now() if chosen.openlineage_url else None

    def add(self, state: EventState, error: str = "") -> None:
        """Adds an event and has it sent beside the run.

        Args:
            state: State of the run.
            error: Why it failed, without secrets.
        """
        if self._begun_at is None:
            return
        try:
            from dataflow_health.operations import run_lineage

            run = run_lineage.StageRun(*self._step, self._begun_at)
            now = utc_now()
            event = run_lineage.event(self._chosen, self._catalogue(), run, state, now, error)
            lineage_outbox.add(self._chosen, event, now)
            deliver_in_background(self._chosen)
        except Exception as problem:  # noqa: BLE001  (lineage must not hurt a run)
            logger.error("no OpenLineage event of {}: {}", self._step[0], problem)


def deliver_in_background(chosen: Settings) -> None:
    """Sends what waits, in a thread that ends with this process; the rest is sent later."""
    if chosen.openlineage_url and lineage_outbox.waiting(chosen):
        Thread(target=_deliver, args=(chosen,), name="OpenLineage", daemon=True).start()


def _deliver(chosen: Settings) -> None:
    try:
        lineage_outbox.deliver(chosen)
    except Exception as problem:  # noqa: BLE001  (such as a missing extra; the check shows it)
        logger.error("OpenLineage events are not sent: {}", problem)
