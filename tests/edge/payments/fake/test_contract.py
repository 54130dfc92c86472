"""The fake provider keeps the port's contract."""

from tests.edge.payments.contract import PaymentContract


class TestFakeProvider(PaymentContract):
    pass
