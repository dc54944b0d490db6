import pytest

from dataflow_health.diagram.palette import PALETTE
from dataflow_health.health.status import Status


def _luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("status", Status)
def test_text_is_readable_on_its_fill(status: Status) -> None:
    light, dark = sorted(
        (_luminance(PALETTE[status].fill), _luminance(PALETTE[status].text)), reverse=True
    )
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_no_two_statuses_share_a_fill() -> None:
    assert len({PALETTE[status].fill for status in Status}) == len(Status)
