"""An installation with one recording whose parameters are in the lake."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dataflow_health.flight.layout import Linear, Parameter
from dataflow_health.flight.recording import DecodedRecording, Series
from dataflow_health.settings import Settings
from dataflow_health.storage.files import recording_table
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.ledger import ledger
from dataflow_health.storage.sql import database
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.installation import recording_id

PATH = "compress/one.parquet"
SECONDS = np.arange(600, dtype=np.int32)


def decoded() -> DecodedRecording:
    fields = {"unit": "ft", "words": [1], "conversion": Linear(scale=10.0)}
    parameter = Parameter.model_validate(fields)
    climb = Series(parameter, SECONDS, np.minimum(SECONDS, 300)[:, None], (0.0,))
    return DecodedRecording(SECONDS, {"pressure_altitude_ft": climb}, None, "le16", 600, 0)


def write_parameters(
    chosen: Settings, recording: DecodedRecording | None = None, number: int = 0
) -> None:
    """Writes the parameters of one recording of a filled installation."""
    sink = pa.BufferOutputStream()
    pq.write_table(recording_table.to_table(recording or decoded(), {}), sink)
    path = PATH if number == 0 else f"compress/{number}.parquet"
    digest = Lake(chosen.lake_url).write(path, sink.getvalue().to_pybytes())
    engine = database.connect(chosen.database_url.get_secret_value())
    with writing(engine) as connection:
        table = ledger.tables.recording_stage
        here = (table.c.recording_id == recording_id(number)) & (table.c.stage == "compress")
        written = table.update().where(here).values(output_path=path, output_digest=digest)
        connection.execute(written)
    engine.dispose()


TAKEOFF_S, LANDING_S, LOST = 120, 480, (300, 320)
"""Seconds of :func:`flown`: off the ground, on it again, and lost in between."""
STARTED_AT = datetime(2026, 11, 20, 6, tzinfo=UTC)


def flown(later_s: int = 0) -> DecodedRecording:
    """Ten minutes with a hop of six; rotor speed droops below 95 % from second 200 to 209.

    Args:
        later_s: Seconds by which the hop is later.
    """
    second = np.setdiff1d(np.arange(600 + later_s), np.arange(*LOST)).astype(np.int32)
    at = second - later_s
    flies = (at >= TAKEOFF_S) & (at < LANDING_S)
    height_ft = np.where(flies, 20 * np.minimum(at - TAKEOFF_S + 1, LANDING_S - at), 0)
    rotor = np.where((at >= 200) & (at < 210), 930, 1000)
    speed_kt = np.where(flies, np.minimum(at - TAKEOFF_S, LANDING_S - at) + 5, 0)
    shown = {
        "radio_altitude_ft": ("ft", 1.0, height_ft[:, None]),
        "pressure_altitude_ft": ("ft", 10.0, (height_ft // 10 + 120)[:, None]),
        "ground_speed_kt": ("kt", 1.0, speed_kt[:, None]),
        "rotor_speed_pct": ("%", 0.1, rotor[:, None] + np.array([0, 3, -2, 1])),
        "engine_1_ng_pct": ("%", 1.0, np.full((len(second), 1), 96)),
        "engine_2_ng_pct": ("%", 1.0, np.full((len(second), 1), 95)),
    }
    rows = np.arange(len(second), dtype=np.int32)
    series = {}
    for name, (unit, scale, counts) in shown.items():
        fields = {"unit": unit, "words": [1], "conversion": Linear(scale=scale)}
        parameter = Parameter.model_validate(fields)
        rate = counts.shape[1]
        offsets_s = tuple(place / rate for place in range(rate))
        series[name] = Series(parameter, rows, counts.astype(np.int32), offsets_s)
    lost_s = LOST[1] - LOST[0]
    return DecodedRecording(second, series, STARTED_AT, "le16", 600 + later_s, lost_s)
