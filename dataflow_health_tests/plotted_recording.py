"""An installation with one recording whose parameters are in the lake."""

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


def write_parameters(chosen: Settings, recording: DecodedRecording | None = None) -> None:
    """Writes the parameters of recording 0 of a filled installation."""
    sink = pa.BufferOutputStream()
    pq.write_table(recording_table.to_table(recording or decoded(), {}), sink)
    digest = Lake(chosen.lake_url).write(PATH, sink.getvalue().to_pybytes())
    engine = database.connect(chosen.database_url.get_secret_value())
    with writing(engine) as connection:
        table = ledger.tables.recording_stage
        here = (table.c.recording_id == recording_id(0)) & (table.c.stage == "compress")
        written = table.update().where(here).values(output_path=PATH, output_digest=digest)
        connection.execute(written)
    engine.dispose()
