"""The simulated carriers keep the port's contract."""

from tests.edge.carriers.contract import CarrierContract


class TestSimulatedCarrier(CarrierContract):
    pass
