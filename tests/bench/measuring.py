"""Interleaved timing: the machine's drift touches what is measured and its reference alike."""

import statistics
import time
from collections.abc import Callable, Mapping


def rates(work: Mapping[str, Callable[[int], None]], count: int, rounds: int = 5) -> dict[str, float]:
    """Median operations per second of each, in turns; every call does the work `count` times."""
    found: dict[str, list[float]] = {name: [] for name in work}
    for name, do in work.items():
        do(max(1, count // 10))
        assert name
    for _ in range(rounds):
        for name, do in work.items():
            begun = time.perf_counter()
            do(count)
            found[name].append(count / (time.perf_counter() - begun))
    return {name: statistics.median(values) for name, values in found.items()}


def show(title: str, found: Mapping[str, float], unit: str = "/s") -> None:
    print(f"\n{title}")
    for name, value in found.items():
        print(f"  {name:<44}{value:>14,.2f}{unit}")
