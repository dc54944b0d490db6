import pytest
from sqlalchemy import Engine

from dataflow_health.operations import finding_plot
from dataflow_health.storage.files.lake import Lake
from dataflow_health_tests.installation import recording_id

ALTITUDE = "pressure_altitude_ft"


def test_a_line_rises_where_the_parameter_does(plotted: tuple[Engine, Lake]) -> None:
    drawn = finding_plot.draw(*plotted, recording_id(0), ALTITUDE, (130.0, 150.0))
    bars, _, text = drawn.partition(" ")
    assert text == "1000 to 1800 ft, second 100 to 180"
    assert len(bars) == finding_plot.COLUMNS
    assert list(bars) == sorted(bars)
    assert (bars[0], bars[-1]) == ("▁", "█")


def test_a_value_that_does_not_change_is_drawn_low(plotted: tuple[Engine, Lake]) -> None:
    drawn = finding_plot.draw(*plotted, recording_id(0), ALTITUDE, (590.0, 599.0))
    assert drawn.startswith("▁▁▁")
    assert drawn.endswith("3000 to 3000 ft, second 560 to 600")


@pytest.mark.parametrize(
    ("recording", "parameter", "span"),
    [
        (0, "unknown_pct", (1.0, 2.0)),
        (0, ALTITUDE, (9000.0, 9001.0)),
        (19, ALTITUDE, (1.0, 2.0)),
    ],
    ids=["no such parameter", "no sample there", "no parameters yet"],
)
def test_what_cannot_be_drawn_is_left_out(
    plotted: tuple[Engine, Lake], recording: int, parameter: str, span: tuple[float, float]
) -> None:
    assert finding_plot.draw(*plotted, recording_id(recording), parameter, span) == ""
