from docs.generate.markdown import MARK, code, replace_generated, table


def test_only_the_text_below_the_mark_is_replaced():
    page = replace_generated(f"# Title\n\n{MARK}OUTDATED\n", ["## One\n", "## Two\n"])
    assert page == f"# Title\n\n{MARK}\n## One\n\n## Two\n"


def test_a_cell_is_one_line_with_escaped_bars():
    assert table(("a", "b"), [("x | y", "one\ntwo")]) == (
        "| a | b |\n| --- | --- |\n| x \\| y | one two |\n"
    )


def test_empty_text_is_not_formatted_as_code():
    assert (code("x"), code("")) == ("`x`", "")
