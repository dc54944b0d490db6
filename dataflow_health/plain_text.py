"""Text of other systems as plain text: names of files, reasons, headers.

A name may hold terminal escapes, which rename windows or hide lines, marks that reverse the
direction of writing, and line feeds, which would end a line of a message.
"""

import re

UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Control characters except tab and line feed, and marks that break lines or reverse writing."""
_BREAK = re.compile(r"[\t\n]")


def shown(text: str) -> str:
    """Text whose control characters are visible escapes in the form of Python."""
    return UNSAFE.sub(_escape, text)


def on_one_line(text: str) -> str:
    """The same for a name or a value that must stay on its line."""
    return _BREAK.sub(_escape, shown(text))


def _escape(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()
