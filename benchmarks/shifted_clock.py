"""A wall clock that a play can set back, for programs started with it; the machine's stays."""

import shutil
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_suffix(".c")


@dataclass(frozen=True, slots=True)
class ShiftedClock:
    """A clock by a preloaded library; file times are the machine's.

    Attributes:
        library: The compiled library.
        shift: File of the shift: seconds as a signed integer of 8 bytes.
    """

    library: Path
    shift: Path

    def environ(self) -> dict[str, str]:
        """Environment of programs that read this clock."""
        return {"LD_PRELOAD": str(self.library), "SHIFTED_CLOCK_FILE": str(self.shift)}

    def set_shift(self, shift_s: int) -> None:
        """Sets the clock of all running programs so many seconds ahead, or back."""
        with self.shift.open("r+b") as file:
            file.write(struct.pack("=q", shift_s))


def build_clock(folder: Path) -> ShiftedClock | None:
    """Compiles the library into a folder; None where there is no C compiler."""
    if shutil.which("cc") is None:
        return None
    clock = ShiftedClock(folder / "shifted_clock.so", folder / "clock_shift")
    words = ["cc", "-shared", "-fPIC", "-O1", "-o", str(clock.library), str(SOURCE)]
    subprocess.run(words, check=True)
    clock.shift.write_bytes(bytes(8))
    return clock
