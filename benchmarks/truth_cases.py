"""Faults played on a running station, each with the processes that must be red."""

import shlex
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from benchmarks.fault_cases import RADIO_LINK
from benchmarks.station import COMMAND, Station
from benchmarks.waiting import wait_until

READY = '  - {kind: file_exists, path: "."}\n'
"""A check that always passes."""

Action = Callable[[Station], None]

ALGORITHM = """\
describes: Rotor speed that the operator watches.
source: Operator's limit, for this page.
severity: info
kind: exceedance
when: rotor_speed_pct > {limit}
lasting: PT2S
examples:
  - given: {{rotor_speed_pct: {{rate_hz: 4, values: [100 x 4, 200 x 12, 100 x 3]}}}}
    expect: [{{start_s: 1, end_s: 4, peak: 200}}]
"""


MAPPING = """\
describes: Total fuel, which this recorder states by tank.
recorders: [generic_rdf]
quantities:
  fuel_quantity_total_kg: [{parameter: fuel_quantity_left_kg, plus: [fuel_quantity_right_kg]}]
"""


@dataclass(frozen=True, slots=True)
class Play:
    """One fault, or one operation after which the board must stay green.

    Attributes:
        description: What happens.
        begin: Makes it happen.
        red: Processes that must be FAILED or WARNING, and no others; empty for none.
        incidents: Number of incidents that must be open.
        mend: Removes the cause; by default, does nothing.
        remedy: What ``mend`` does, in words.
        loaded: Recordings whose answers must reach SQL, each once.
        stores_incidents: Whether the ledger can hold incidents; while it is away, the alert sensor
            keeps them and sends their messages.
    """

    description: str
    begin: Action
    red: frozenset[str] = frozenset()
    incidents: int = 1
    mend: Action = lambda _station: None
    remedy: str = "none: it heals itself"
    loaded: int = 0
    stores_incidents: bool = True


LOCKED_S = 60.0
AWAY_S = 600.0
BACK_S = 3600
CUT_ARCHIVES = 200
SEEN_LIMIT_S = 180.0


def reports_incident(title: str) -> bool:
    """Whether a message of this title reports an incident, and not its end."""
    return title.startswith(("[FAILED]", "[WARNING]"))


def paste(station: Station) -> None:
    """Runs the commands that the newest messages about new incidents name."""
    reports = [each for each in station.receiver.messages if reports_incident(each["title"])]
    for message in reports[-len(station.open_incidents()) :]:
        for line in message["message"].splitlines():
            _label, _, command = line.partition("  dataflow-health ")
            if command and not command.startswith("incident ack"):
                print(station.run([*COMMAND, *shlex.split(command)]), file=sys.stderr)


def write_off(station: Station) -> None:
    """Writes off all that extract refused."""
    words = ["quarantine", "write-off", "--stage", "extract", "--reason", "cut off in transit"]
    print(station.run([*COMMAND, *words]), file=sys.stderr)


def _land_spare(station: Station) -> None:
    path = station.spare.pop()
    station.land(path.name, path.read_bytes())


def _land_twice(station: Station) -> None:
    path = station.spare.pop()
    station.land(path.name, path.read_bytes())
    station.land(f"copy-{path.name}", path.read_bytes())


def _land_cut(count: int) -> Action:
    def begin(station: Station) -> None:
        path = station.spare[-1]
        content = path.read_bytes()
        for _ in range(count):  # no two alike: what was written off is known when it comes again
            station.cuts += 1
            cut = content[: len(content) // 2 - station.cuts]
            station.land(f"{path.stem}-{station.cuts}.zip", cut)

    return begin


def _land_swapped(station: Station) -> None:
    one, other = station.spare.pop(), station.spare.pop()
    station.land(one.name, other.read_bytes())
    station.land(other.name, one.read_bytes())


def _yaml(name: str, text: str) -> Action:
    return lambda station: station.add_yaml(name, text)


def _remove_yaml(name: str) -> Action:
    return lambda station: (station.config / name).unlink()


def _move(old: str, new: str) -> Action:
    def action(station: Station) -> None:
        (station.home / old).rename(station.home / new)

    return action


def _sql(statement: str) -> Action:
    return lambda station: station.sql(statement)


def _scrub(station: Station) -> None:
    print(station.run([*COMMAND, "scrub"]), file=sys.stderr)


def _lock_ledger(station: Station) -> None:
    def lock() -> None:
        connection = sqlite3.connect(station.home / "ledger.sqlite", isolation_level=None)
        connection.execute("BEGIN EXCLUSIVE")
        time.sleep(LOCKED_S)
        connection.execute("ROLLBACK")
        connection.close()

    threading.Thread(target=lock, daemon=True).start()


def _switch(kind: str, action: str, name: str) -> Action:
    words = [sys.executable, "-m", "dagster", kind, action, name]
    words += ["-m", "dataflow_health.definitions"]
    return lambda station: print(station.run(words), file=sys.stderr)


def _land_away_from_hook(station: Station) -> None:
    station.receiver.away = True
    _land_cut(1)(station)
    time.sleep(AWAY_S)
    station.receiver.away = False


def _land_whole(station: Station) -> None:
    path = station.spare.pop()
    station.land(f"{path.stem}-{station.cuts}.zip", path.read_bytes())


def _set_back(station: Station) -> None:
    if station.clock is None:
        print("no C compiler: the clock stays as it is", file=sys.stderr)
        return
    station.clock.set_shift(-BACK_S)


def _change_layout(station: Station) -> None:
    """Saves the shipped layout as the operator's own, with another conversion of a parameter."""
    name = "layouts/generic_twin_256.yaml"
    shipped = Path(str(files("dataflow_health.config") / name)).read_text()
    station.add_yaml(name, shipped.replace("offset: -3.375}", "offset: -3.376}", 1))


def _wait_for_red(name: str) -> Action:
    return lambda station: wait_until(lambda: name in station.sightings[-1].red, SEEN_LIMIT_S)


def _both(*actions: Action) -> Action:
    def action(station: Station) -> None:
        for each in actions:
            each(station)

    return action


_of = frozenset[str]
_LANDING_AWAY = _move("landing", "elsewhere")
_LANDING_BACK = _move("elsewhere", "landing")

PLAYS = (
    Play("a flight arrives", _land_spare, incidents=0, loaded=1),
    Play("the same archive arrives under two names", _land_twice, incidents=0,
         loaded=1),
    Play("an archive arrives cut in half", _land_cut(1), _of({"extract"}), 1, paste,
         "the commands of the message"),
    Play(f"{CUT_ARCHIVES} cut archives arrive", _land_cut(CUT_ARCHIVES), _of({"extract"}), 1,
         write_off, "written off by filter"),
    Play("archives of two aircraft arrive under each other's name", _land_swapped,
         _of({"parse"}), 1, paste, "the commands of the message"),
    Play("an archive arrives cut in half, and whole a while later", _land_cut(1),
         _of({"extract"}), 1, _both(_land_whole, write_off),
         "sent again under the same name; the rest written off", loaded=1),
    Play(f"an archive arrives cut while the web hook is away for {AWAY_S:g} s",
         _land_away_from_hook, _of({"extract", "overview"}), 2, paste,
         "the commands of the message"),
    Play("an algorithm is added", _yaml("algorithms/watched.yaml", ALGORITHM.format(limit=150)),
         _of({"analyse"}), 1, paste, "the commands of the message"),
    Play("its limit is changed", _yaml("algorithms/watched.yaml", ALGORITHM.format(limit=140)),
         _of({"analyse"}), 1, _remove_yaml("algorithms/watched.yaml"), "the file is removed"),
    Play("a layout is changed", _change_layout, _of({"parse"}), 1, paste,
         "the commands of the message"),
    Play("a mapping is added", _yaml("mappings/fuel.yaml", MAPPING), _of({"store"}), 1, paste,
         "the commands of the message"),
    Play("the mapping is changed",
         _yaml("mappings/fuel.yaml", MAPPING.replace("left_kg,", "left_kg, scale: 1.5,")),
         _of({"store"}), 1, paste, "the commands of the message"),
    Play("a YAML file with a misspelt key is saved",
         _yaml("algorithms/watched.yaml", ALGORITHM.format(limit=150).replace("when", "wen")),
         _of({"overview"}), 1, _remove_yaml("algorithms/watched.yaml"), "the file is removed"),
    Play("a YAML file with an unknown parameter is saved",
         _yaml("algorithms/watched.yaml", ALGORITHM.format(limit=150).replace("rotor", "roter")),
         _of({"overview"}), 1, _remove_yaml("algorithms/watched.yaml"), "the file is removed"),
    Play("a process that does not answer is added", _yaml("processes/link.yaml", RADIO_LINK),
         _of({"link"}), 1, _remove_yaml("processes/link.yaml"), "the process is removed"),
    Play("a process with a check that fails is added",
         _yaml("processes/link.yaml", RADIO_LINK + READY), _of({"link"}), 1,
         _yaml("processes/link.yaml", RADIO_LINK[: RADIO_LINK.index("  - {")] + READY),
         "the check is removed"),
    Play("that process is removed", _remove_yaml("processes/link.yaml"), incidents=0),
    Play("the landing folder disappears", _LANDING_AWAY, _of({"landing_folder"}), 1,
         _LANDING_BACK, "the folder is back"),
    Play("two unrelated faults: an archive arrives cut, and a process does not answer",
         _both(_land_cut(1), _yaml("processes/link.yaml", RADIO_LINK)),
         _of({"extract", "link"}), 2,
         _both(write_off, _remove_yaml("processes/link.yaml")),
         "the archive is written off, the process removed"),
    Play("a cut archive, then the landing folder disappears",
         _both(_land_cut(1), _wait_for_red("extract"), _LANDING_AWAY),
         _of({"extract", "landing_folder"}), 2, _both(_LANDING_BACK, write_off),
         "the folder is back, the archive written off"),
    Play("a column of the results is renamed in SQL",
         _sql("ALTER TABLE finding RENAME COLUMN peak TO top"), _of({"results_database"}), 1,
         _sql("ALTER TABLE finding RENAME COLUMN top TO peak"), "the old name is back"),
    Play("findings are deleted in SQL, and scrub compares the results",
         _both(_sql("DELETE FROM finding"), _scrub), _of({"overview"}), 1, paste,
         "the commands of the message"),
    Play(f"the ledger is locked for {LOCKED_S:g} s", _lock_ledger, _of({"results_database"}),
         stores_incidents=False),
    Play(f"the clock of the machine goes back by {BACK_S:d} s, and a flight arrives",
         _both(_set_back, lambda _station: time.sleep(30), _land_spare), incidents=0, loaded=1),
    Play("the arrivals sensor is switched off", _switch("sensor", "stop", "arrivals"),
         _of({"overview"}), 1, _switch("sensor", "start", "arrivals"), "it is switched on again"),
    Play("the schedule of the scrub is switched off", _switch("schedule", "stop", "scrub"),
         _of({"overview"}), 1, _switch("schedule", "start", "scrub"), "it is switched on again"),
)  # fmt: skip
"""Each is played on the same station, after all before it."""
