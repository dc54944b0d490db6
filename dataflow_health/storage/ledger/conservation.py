"""What went into a stage and what became of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

STATES = ("waiting", "running", "done", "quarantined", "written_off")


@dataclass(frozen=True, slots=True)
class Account:
    """One stage's account of one arrival day (or of all days together).

    Attributes:
        stage: Its stage.
        arrival_day: The day, ``""`` for all together.
        incoming: Things the stage before handed over, counted there.
        done: Finished here.
        quarantined: Refused here.
        written_off: Given up by an operator.
        in_flight: Waiting or running here.
        duplicate: Came again, and were not worked twice.
    """

    stage: str
    arrival_day: str
    incoming: int = 0
    done: int = 0
    quarantined: int = 0
    written_off: int = 0
    in_flight: int = 0
    duplicate: int = 0

    @property
    def unaccounted(self) -> int:
        """What came in and is nowhere; the conservation law says 0."""
        known = self.done + self.quarantined + self.written_off + self.in_flight + self.duplicate
        return self.incoming - known

    @property
    def balances(self) -> bool:
        """Whether the conservation law holds."""
        return self.unaccounted == 0


def total(accounts: Iterable[Account]) -> dict[str, Account]:
    """Adds the days of each stage up."""
    sums: dict[str, dict[str, int]] = {}
    for account in accounts:
        row = sums.setdefault(account.stage, {})
        for name in _COUNTED:
            row[name] = row.get(name, 0) + getattr(account, name)
    return {stage: Account(stage, "", **row) for stage, row in sums.items()}


def account(
    stage: str, day: str, incoming: int, by_state: Mapping[str, int], duplicate: int = 0
) -> Account:
    """Builds an account from counts by state."""
    return Account(
        stage,
        day,
        incoming,
        by_state.get("done", 0),
        by_state.get("quarantined", 0),
        by_state.get("written_off", 0),
        by_state.get("waiting", 0) + by_state.get("running", 0),
        duplicate,
    )


_COUNTED = tuple(f.name for f in fields(Account))[2:]
