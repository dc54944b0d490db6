import io
import zipfile

from dataflow_health.operations import canary_digests
from dataflow_health.simulator import canary
from dataflow_health_tests.simulator.decoding import ALGORITHMS


def test_the_shipped_recording_equals_the_simulated_flight():
    with zipfile.ZipFile(canary_digests.ARCHIVE_FILE) as shipped:
        raw = shipped.read(canary.MEMBER)
    with zipfile.ZipFile(io.BytesIO(canary.build_archive(canary.simulate()))) as built:
        assert built.read(canary.MEMBER) == raw


def test_one_event_lasts_exactly_as_long_as_its_limit_and_another_one_second_less():
    samples = {event.name: event.lasting_s for event in canary.PLAN.events}
    for name, missing_s in (("chip_main_gearbox", 0), (canary.TOO_SHORT_EVENT, 1)):
        limit_s = ALGORITHMS[name].lasting.total_seconds()
        assert samples[name] - 1 == limit_s - missing_s, "one sample a second"
