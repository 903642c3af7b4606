"""投产 and 达产达效."""

from typing import ClassVar, Literal

from domain.command import StatesFact, stating
from domain.fact import Fact, Kind, Particulars, Stage
from domain.values import Prose


class Operating(Particulars):
    note: Prose | None = None


class OperationStarted(Operating, Fact):
    """投产."""

    kind: ClassVar = Kind(80, "operation_started")

    def stage(self) -> Stage:
        return Stage.OPERATING


class CapacityReached(Operating, Fact):
    """达产达效."""

    kind: ClassVar = Kind(81, "capacity_reached")

    def stage(self) -> Stage:
        return Stage.AT_CAPACITY


class StartOperation(Operating, StatesFact):
    """Record the start of operation."""

    act: Literal["start"]


class ReachCapacity(Operating, StatesFact):
    """Record that design output was reached."""

    act: Literal["capacity"]


stating("operation", StartOperation, OperationStarted)
stating("operation", ReachCapacity, CapacityReached)
