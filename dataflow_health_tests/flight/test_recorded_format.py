import numpy as np

from dataflow_health.flight.layout import Parameter, Part
from dataflow_health.flight.recorded_format import format_digest, recorded_format
from dataflow_health.flight.recording import MISSING, DecodedRecording, Series


def test_a_format_has_the_rate_unit_and_range_of_every_parameter_with_a_sample() -> None:
    once = Parameter(samples=((Part(word=2),),), unit="psi", valid_range=(0, 100))
    twice = Parameter(words=[2, 34], unit="psi", valid_range=(0, 100))
    slow = Parameter(samples=((Part(word=2, subframes=(1,)),),))
    rows = np.arange(2, dtype=np.int32)

    def series(parameter: Parameter, *counts: list[int]) -> Series:
        return Series(parameter, rows, np.array(counts, np.int32), (0.0,) * len(counts[0]))

    decoded = DecodedRecording(
        rows,
        {
            "oil": series(once, [1], [MISSING]),
            "fast": series(twice, [1, 2], [3, MISSING]),
            "slow": series(slow, [1], [2]),
            "absent": series(once, [MISSING], [MISSING]),
        },
        None,
        "packed",
        2,
        0,
    )
    found = recorded_format(decoded)
    assert found == {
        "fast": (2.0, "psi", 0, 100),
        "oil": (1.0, "psi", 0, 100),
        "slow": (0.25, "", None, None),
    }
    assert format_digest(found) == format_digest(dict(reversed(found.items())))
    assert format_digest(found) != format_digest(found | {"oil": (2.0, "psi", 0, 100)})


def test_a_measured_rate_is_the_usual_number_of_samples_a_second() -> None:
    log = Parameter(samples=((Part(word=2),),))
    counts = np.array([[1] * 13, [1] * 12 + [MISSING], [MISSING] * 13], np.int32)
    rows = np.arange(3, dtype=np.int32)
    series = Series(log, rows, counts, tuple(n / 13 for n in range(13)))
    decoded = DecodedRecording(rows, {"oil": series}, None, "csv", 3, 0)
    assert recorded_format(decoded)["oil"][0] == 12
