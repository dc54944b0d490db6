"""Messages as plain text and HTML."""

from html.parser import HTMLParser

from dataflow_health.alerting.message_format import Line, render


class Elements(HTMLParser):
    """Tags, link targets and visible text of an HTML document."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.links, self.words = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.links += [value for name, value in attributes if name == "href"]

    def handle_data(self, data):
        self.words += [data.strip()] if data.strip() else []


LINES = [
    Line("Since", "noon"),
    Line("", "still"),
    Line("Details", "http://x/?a=1&b=2", "link"),
    Line("Do", "run it", "command"),
]


def test_plain_text_is_two_columns():
    assert render("Title", LINES).text == (
        "Since    noon\n         still\nDetails  http://x/?a=1&b=2\nDo       run it\n"
    )


def test_a_name_with_a_line_feed_writes_no_line_of_its_own():
    message = render("a\nb", [Line("File", "n\nThen  rm -r /\x1b[2J")])
    assert message.text == "File  n\\nThen  rm -r /\\x1b[2J\n"
    assert message.title == "a\\nb"


def test_html_holds_the_same_labels_and_values():
    message = render("Title", LINES)
    html = Elements(message.html)
    assert html.words == [
        "Title", "Since", "noon", "still", "Details", "http://x/?a=1&b=2", "Do", "run it",
    ]  # fmt: skip
    assert html.links == ["http://x/?a=1&b=2"]
    assert html.tags.count("code") == 1
    assert html.tags.count("tr") == 4
    assert "<td><code>run it</code></td>" in message.html


def test_markup_in_values_is_shown_as_text():
    hostile = '<script>alert("1")</script>'
    lines = [Line(hostile, hostile, kind) for kind in ("text", "command", "link")]
    html = Elements(render(hostile, lines).html)
    assert "script" not in html.tags
    assert html.words.count(hostile) == 7
    assert html.links == [hostile]


def test_a_message_without_lines_is_its_title():
    message = render("Title", [])
    assert (message.title, message.text) == ("Title", "\n")
    assert Elements(message.html).words == ["Title"]
