import pytest

from dataflow_health.flight.layout import Linear, Polynomial, Table
from dataflow_health.layout_import.fred_values import number_of, read_range, read_values
from dataflow_health.layout_import.imported_layout import UnsupportedParameterError
from dataflow_health.layout_import.xml_tree import Element, read_xml
from dataflow_health_tests.layout_import.fred_files import LINEAR, fred_717, parameter, values


@pytest.fixture
def element(tmp_path):
    def read(*parts: str) -> Element:
        path = tmp_path / "x.xml"
        path.write_bytes(fred_717(parameter("P", *parts)))
        found = read_xml(path, "/647a-1/").find("FREDFile", "FRED717", "Parameter717")
        assert found is not None
        return found

    return read


def table(kind: str, *points: tuple[object, object]) -> str:
    index = "index" if kind == "Integer" else "real_index"
    pairs = (f'<{kind}_Real_Pair {index}="{x}">{y}</{kind}_Real_Pair>' for x, y in points)
    return f"<{kind}_Real_Table>{''.join(pairs)}</{kind}_Real_Table>"


def poly(**powers: float) -> str:
    terms = (f'<Coeff_Pair index="{p[1:]}">{c}</Coeff_Pair>' for p, c in powers.items())
    return f"<Poly_Coeff>{''.join(terms)}</Poly_Coeff>"


UP = table("Real", (0, 1), (10, 3))


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((), Linear()),
        ((LINEAR,), Linear(scale=2.5)),
        ((poly(p0=3),), Linear(scale=0, offset=3)),
        ((poly(p0=1, p2=4),), Polynomial(kind="polynomial", coefficients=(1, 0, 4))),
        ((poly(p1=2), poly(p0=1, p1=3)), Linear(scale=6, offset=1)),
        ((poly(p2=2), poly(p0=1, p1=3)), Polynomial(kind="polynomial", coefficients=(1, 0, 6))),
        ((table("Integer", (9, 2), (0, 5)),), Table(kind="table", points=((0, 5), (9, 2)))),
        ((UP, poly(p0=1, p1=2)), Table(kind="table", points=((0, 3), (10, 7)))),
        ((poly(p0=2, p1=-4), UP), Table(kind="table", points=((-2, 3), (0.5, 1)))),
    ],
)
def test_steps_become_one_conversion(element, steps, expected):
    assert read_values(element(values("Unsigned Binary", *steps))).conversion == expected


@pytest.mark.parametrize(
    ("steps", "problem"),
    [
        ((UP, UP), "line 5: this sequence of conversion steps"),
        ((poly(p1=2), poly(p2=1)), "line 5: this sequence of conversion steps"),
        ((table("Real", (0, 1)),), "line 5: a table with less than two points"),
        ((table("Real", (0, 1), (0, 2)),), "line 5: a table with less than two points"),
        ((table("Real", ("x", 1), (0, 2)),), "line 5: 'x' is no number"),
        ((poly(p1="1e999"),), "line 5: '1e999' is no number"),
        ((poly(p17=1),), "line 5: a polynomial of power 17"),
        ((poly(pX=1),), "line 5: 'X' is no whole number"),
        (("<Predefined_Equation>542 Airspeed</Predefined_Equation>",), "'542 Airspeed'"),
        (("",), "line 5: conversion by Conversion_Step ''"),
    ],
)
def test_a_conversion_that_is_not_understood_names_its_line(element, steps, problem):
    with pytest.raises(UnsupportedParameterError, match=problem):
        read_values(element(values("Unsigned Binary", *steps)))


@pytest.mark.parametrize(
    ("kind", "coding", "digits", "is_float"),
    [
        ("Signed Binary", "bnr", (), False),
        ("Unsigned Binary", "unsigned", (), False),
        ("BCD", "bcd", (3, 4), False),
        ("ASCII", "characters", (), False),
        ("Floating Point", "bnr", (), True),
    ],
)
def test_a_data_type_is_a_coding(element, kind, coding, digits, is_float):
    found = read_values(element(values(kind, more="<BCD_Format>34</BCD_Format>")))
    assert (found.coding, found.digits, found.is_float) == (coding, digits, is_float)


def texts(low: object, high: object) -> str:
    pair = f'<Range_Text_Pair min="{low}" max="{high}">ON</Range_Text_Pair>'
    return f"<Text_Conversion>{pair}</Text_Conversion>"


def test_texts_stand_for_every_count_of_their_range(element):
    found = read_values(element(values(more=texts(2, 4)), values(more=texts(7, 7))))
    assert found.states == {2: "ON", 3: "ON", 4: "ON", 7: "ON"}


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ((), "line 5: it has no Range"),
        ((values(more=texts(0, 1024)),), "line 5: more than 1024 texts"),
        ((values(more=texts(0, -1)),), "line 5: '-1' is no whole number"),
        ((values(), values("Unsigned Binary", LINEAR)), "line 5: several ranges"),
        ((values("BCD", more="<BCD_Format>39</BCD_Format>"),), "line 5: BCD format '39'"),
    ],
)
def test_a_meaning_that_is_not_understood_names_its_line(element, parts, problem):
    with pytest.raises(UnsupportedParameterError, match=problem):
        read_values(element(*parts))


def limits(low: object, high: object) -> str:
    return (
        f"<Operational_Range><RealRange_Start>{low}</RealRange_Start>"
        f"<RealRange_End>{high}</RealRange_End></Operational_Range>"
    )


def test_an_operational_range_ascends_or_is_none(element):
    assert read_range(element(limits(-1.5, 80))) == (-1.5, 80)
    assert read_range(element(limits(2, 1))) is None
    assert read_range(element()) is None
    with pytest.raises(UnsupportedParameterError, match="line 5: '' is no number"):
        read_range(element(limits("", 1)))


@pytest.mark.parametrize("text", ["", "-1", "1.0", "\u0661", "9" * 10])
def test_only_plain_digits_are_a_whole_number(text):
    with pytest.raises(UnsupportedParameterError, match=r"line 3: .* is no whole number"):
        number_of(Element("x", 3, text=text), Element("y", 2))
    assert number_of(Element("x", 3, text="042"), Element("y", 2)) == 42
