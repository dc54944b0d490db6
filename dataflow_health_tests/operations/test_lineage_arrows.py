from dataflow_health.flight.algorithms.algorithm import needs_phases
from dataflow_health.flight.algorithms.flight_phase import PHASE_PARAMETERS
from dataflow_health.operations.lineage_arrows import PHASES, declared_arrows, version_node
from dataflow_health_tests import factories

CATALOGUE = factories.catalogue()
ARROWS = set(declared_arrows(CATALOGUE))


def test_an_algorithm_leads_to_its_version_and_that_to_findings() -> None:
    for name, algorithm in CATALOGUE.algorithms.items():
        version = version_node(name, algorithm.version)
        assert {(f"algorithm:{name}", version), (version, f"findings:{name}")} <= ARROWS


def test_the_phases_of_flight_stand_between_their_columns_and_the_algorithms_that_need_them() -> (
    None
):
    into = {first for first, last in ARROWS if last == PHASES}
    assert into == {f"column:{name}" for name in PHASE_PARAMETERS}
    out = {last for first, last in ARROWS if first == PHASES}
    needing = {name for name, each in CATALOGUE.algorithms.items() if needs_phases(each)}
    assert out == {f"algorithm:{name}" for name in needing}
