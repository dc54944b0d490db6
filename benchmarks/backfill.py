"""Time from landing to SQL during a backfill of 60 days, beside the usual time, in one `up`.

All recordings were stored as gzip, which the present setting outdates: the sensor `owed` starts one
run that processes them again from store on, while further recordings land one after the other. The
usual time is taken afterwards, when nothing is owed. About eight minutes on two cores, a third of
which fills the history.
"""

import os
import statistics
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp

from benchmarks import fixtures, landing
from benchmarks.fixtures import Fleet
from benchmarks.measure import Measurement, Target
from benchmarks.waiting import wait_until
from dataflow_health import wiring
from dataflow_health.operations import backfill
from dataflow_health.settings import Settings
from dataflow_health.stages.chain import CHAIN
from dataflow_health.stages.stage import StageRequest

ALLOWED = Target("<=", 1.2)
LANDED = 5
"""Recordings that land during the backfill, and as many afterwards."""
BEGUN_S, DONE_S = 600.0, 3600.0
DAYS_TOGETHER = 8


def run(*, quick: bool = False) -> list[Measurement]:
    """Measures in a new installation, whose history is processed first."""
    days = 12 if quick else 60
    fleet = Fleet("240 of 12 min", 240, 720, 10) if quick else Fleet("300 of 2 h", 300, 7200, 20)
    home = Path(mkdtemp(prefix="backfill-", dir=fixtures.work_folder()))
    print(f"filling {days} days with {fleet.name} ...", flush=True)
    _make_history(home, fleet, days)
    engine = wiring.dependencies(Settings(home=home)).engine

    def owed() -> int:
        return sum(backfill.recordings_by_day(engine).values())

    with landing.serve(home):
        wait_until(lambda: 0 < owed() < fleet.recordings, BEGUN_S)
        begun_s, at_start = time.monotonic(), owed()
        during_s = []
        for number in range(LANDED):
            wait_until(lambda: landing.stands_ready(home), BEGUN_S)
            took_s = landing.landing_to_sql_s(home, fleet, fleet.recordings + number)
            during_s += [took_s] if owed() else []
            print(f"landed in {took_s:.1f} s, {owed()} recordings are owed", flush=True)
        wait_until(lambda: not owed(), DONE_S)
        backfill_s = time.monotonic() - begun_s
        usual_s = []
        for number in range(LANDED, 2 * LANDED):
            wait_until(lambda: landing.stands_ready(home), BEGUN_S)
            usual_s.append(landing.landing_to_sql_s(home, fleet, fleet.recordings + number))
    if not during_s:
        raise AssertionError("the backfill ended before a recording was through")
    usual, during = statistics.median(usual_s), statistics.median(during_s)
    of = fleet.name.partition(" of ")[2]
    return [
        Measurement(f"landing to SQL of {of}, nothing owed", usual, "s"),
        Measurement(f"landing to SQL of {of}, during a backfill of {days} days", during, "s"),
        Measurement("during, times the usual", during / usual, "times", target=ALLOWED),
        Measurement("recordings that landed during the backfill", len(during_s), "recordings"),
        Measurement("backfill, waiting included", at_start / backfill_s, "recordings/s"),
    ]


def _make_history(home: Path, fleet: Fleet, days: int) -> None:
    """Processes a fleet whose archives arrived evenly on the last days, and stores it as gzip."""
    chosen = Settings(home=home, tsv_codec="gz", settle_s=0)
    deps, folder = wiring.dependencies(chosen), Path(chosen.source_url)
    folder.mkdir(parents=True, exist_ok=True)
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    for number in range(fleet.recordings):
        path = folder / f"{number:05}.zip"
        path.write_bytes(fixtures.archive(fleet, number))
        at = noon - timedelta(days=1 + number % days)
        os.utime(path, (at.timestamp(), at.timestamp()))
    names = [(noon - timedelta(days=1 + number)).date().isoformat() for number in range(days)]
    options = wiring.stage_options(chosen, fixtures.spark)
    for first in range(0, days, DAYS_TOGETHER):
        requests = [StageRequest(day) for day in names[first : first + DAYS_TOGETHER]]
        for stage in CHAIN:
            stage.run_days(deps, requests, options)
