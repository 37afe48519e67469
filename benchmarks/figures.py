"""What a benchmark found, and how it is shown: a table for people, JSON for scripts."""

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Final

import numpy as np
import psutil
from numpy.typing import ArrayLike
from rich.console import Console
from rich.table import Table

from stream.errors import CardioVisionError

PERCENTILES: Final = (50, 99, 100)


class BenchmarkError(CardioVisionError):
    """A benchmark could not be carried out; the text says why."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number: what it is, its value and unit, what is to be known about it."""

    name: str
    value: float
    unit: str = ""
    note: str = ""

    def __str__(self) -> str:
        value = f"{self.value:,.0f}" if abs(self.value) >= 1000 else f"{self.value:.3g}"
        return f"{value} {self.unit}".strip()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table beside the figures: names of its columns, and its rows."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str | float]]


@dataclass(slots=True)
class Report:
    """All that one benchmark found: figures (ratios first), sheets, and remarks."""

    name: str
    title: str
    figures: list[Figure] = field(default_factory=list)
    sheets: list[Sheet] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def add(self, name: str, value: float, unit: str = "", note: str = "") -> None:
        """Add a figure."""
        self.figures.append(Figure(name, float(value), unit, note))

    def show(self, console: Console) -> None:
        """Print it."""
        table = Table("", "", "", title=self.title, title_justify="left", show_header=False)
        for figure in self.figures:
            table.add_row(figure.name, str(figure), figure.note)
        console.print(table)
        for sheet in self.sheets:
            table = Table(*sheet.columns, title=sheet.title, title_justify="left")
            for row in sheet.rows:
                table.add_row(*(cell if isinstance(cell, str) else f"{cell:.3g}" for cell in row))
            console.print(table)
        for remark in self.remarks:
            console.print(f"  {remark}")
        console.print()


def spread(values: ArrayLike) -> tuple[float, ...]:
    """Median, 99th percentile and maximum; NaN where there are no values."""
    values = np.asarray(values, np.float64)
    if not values.size:
        return (float("nan"),) * len(PERCENTILES)
    return tuple(np.percentile(values, PERCENTILES).tolist())


def machine() -> dict[str, Any]:
    """What the figures were measured on, and how busy it was with other things."""
    load = os.getloadavg()[0]
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": _processor(),
        "cores": len(psutil.Process().cpu_affinity()) if hasattr(psutil.Process, "cpu_affinity") else os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load_at_start": round(load, 2),
        "versions": {name: version(name) for name in ("cardiovision", "numpy", "keras", "websockets", "msgspec")},
    }


def as_json(about: dict[str, Any], reports: Sequence[Report]) -> dict[str, Any]:
    """Everything, as JSON can say it: NaN becomes null."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [plain(item) for item in value]
        return None if isinstance(value, float) and not np.isfinite(value) else value

    return {"machine": about, "benchmarks": {report.name: plain(asdict(report)) for report in reports}}


def _processor() -> str:
    """Name of the processor, as the system tells it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
