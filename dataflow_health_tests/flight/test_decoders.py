from typing import get_args

from dataflow_health.flight.decoders import DECODER_VERSIONS, DECODERS
from dataflow_health.flight.recorder import Recorder


def test_every_kind_of_recorder_has_a_decoder_and_its_version():
    union, _ = get_args(Recorder)
    kinds = {get_args(model.model_fields["kind"].annotation)[0] for model in get_args(union)}
    assert set(DECODERS) == set(DECODER_VERSIONS) == kinds
