"""指标: what a target may be set for and an exemption given from; a measure, or how many projects reach a stage."""

from typing import Literal

from domain.fact import Stage

Indicator = Literal[
    "agreed",
    "enrolled_capital",
    "received",
    "invested",
    "invested_this_year",
    "invested_since_start",
    "tax",
    "tax_retained",
    "jobs",
    "output",
    "sales",
    "profit",
    "exports",
    "signings",
    "starts",
    "completions",
    "operations",
]
"""Every measure that can be added up over projects, and the counts."""
Exemptible = Indicator | Literal["progress", "returns"]
"""Besides these: 形象进度, and the monthly return itself."""
COUNTS: dict[str, Stage] = {
    "signings": Stage.SIGNED,
    "starts": Stage.UNDER_CONSTRUCTION,
    "completions": Stage.COMPLETED,
    "operations": Stage.OPERATING,
}
"""新签约, 新开工, 竣工, 投产: projects that first reach the stage, each counted once, on the day it does."""
