import pytest

from docs.generate.pictures import IMAGES, pictures, python_range


def test_the_pictures_are_up_to_date() -> None:
    for name, svg in pictures():
        assert (IMAGES / f"{name}.svg").read_text(encoding="utf-8") == svg, "run `just docs`"


def test_the_range_of_python_is_in_words() -> None:
    assert python_range(">=3.11,<3.14") == "3.11 to 3.13"
    with pytest.raises(ValueError, match=r"is >=3\.11;"):
        python_range(">=3.11")
