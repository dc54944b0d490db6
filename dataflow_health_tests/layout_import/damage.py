"""Damaged copies of a small valid file, for fuzzing a reader of untrusted bytes."""

from hypothesis import strategies as st

NUMBERS = [b"0", b"-1", b"99999999", b"9" * 5_000, b"1e999", b"nan", b"", b"\xb2", b"x"]


@st.composite
def damaged(draw: st.DrawFn, valid: bytes) -> bytes:
    """Up to five changes: bytes replaced, cut out, repeated, or a field put in another's place."""
    content = valid
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, len(content)))
        end = min(len(content), start + draw(st.sampled_from([0, 1, 2, 4, 20])))
        new = draw(st.binary(max_size=6) | st.sampled_from(NUMBERS) | st.just(content[:end][-40:]))
        content = content[:start] + new + content[end:]
    return content


@st.composite
def damaged_fields(draw: st.DrawFn, valid: str, separator: str) -> str:
    """A text with up to four of its fields replaced."""
    fields = valid.split(separator)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(fields) - 1))
        numbers = st.sampled_from([each.decode("latin-1") for each in NUMBERS])
        fields[place] = draw(numbers | st.sampled_from(fields) | st.text(max_size=4))
    return separator.join(fields)
