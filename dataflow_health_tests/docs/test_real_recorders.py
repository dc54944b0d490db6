import pytest

from benchmarks.real_recorders import DATA, PAGE, Sample, read_samples, to_markdown
from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.config.catalogue import load


@pytest.mark.slow
@pytest.mark.skipif(not DATA.exists(), reason="the real samples lie beside the repository")
def test_the_page_matches_the_samples():
    samples = read_samples()
    assert PAGE.read_text() == to_markdown(samples, len(load(BUILTIN_FOLDER).algorithms))
    assert [sample.not_understood for sample in samples if sample.not_understood] == []
    garmin = [sample for sample in samples if sample.name.startswith("garmin")]
    assert all(sample.applying and sample.applying[1] >= 15 for sample in garmin)


def test_a_row_has_what_was_compared_and_a_sample_without_reference_has_blanks():
    compared = Sample("a.zip", 5, 3, {"sign": 1}, ("X",), (0, 7), {"oil": 2}, "An airliner.")
    page = to_markdown([compared, Sample("b.csv", 4)], 9)
    assert "Of 9 algorithms:" in page
    assert "| `a.zip` | 5 | 3 | 1 sign | X | 0 and 7 | oil 2 |" in page
    assert "| `b.csv` | 4 |  |  |  |  |  |" in page
    assert page.endswith("- `a.zip`: An airliner.\n")
