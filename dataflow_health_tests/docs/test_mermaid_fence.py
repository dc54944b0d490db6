from docs.generate.mermaid_fence import draw


def test_a_diagram_is_drawn_into_the_page() -> None:
    figure = draw("flowchart LR\n  a[landing] --> b[parse]", "mermaid", "diagram", {}, None)
    assert figure.startswith('<figure class="diagram"><svg')
    assert "landing" in figure
