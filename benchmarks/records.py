"""What the benchmarks play: real records if there are any, else simulated ones."""

import os
from pathlib import Path
from typing import Final

import wfdb

from stream.sources.scenario import load_scenario
from stream.sources.simulator import GAIN, Simulator

FOLDER: Final = "CARDIOVISION_DATA"
"""Environment variable: the folder that has the records, in ``mitdb``."""

RECORDS: Final = ("101", "208")
"""One with hardly an abnormal beat, and one where every second one is: each of these is explained too."""

SCENARIO: Final = "ward"


def find(names: tuple[str, ...] = RECORDS) -> tuple[list[Path], str]:
    """Paths of MIT-BIH records, without extension; or none, and in words why not."""
    folder = os.environ.get(FOLDER)
    if not folder:
        return [], f"{FOLDER} is not set"
    paths = [Path(folder) / "mitdb" / name for name in names]
    missing = [path for path in paths if not path.with_suffix(".hea").is_file()]
    return ([], f"there is no {missing[0]}.hea") if missing else (paths, "")


def find_all() -> list[Path]:
    """Paths of all MIT-BIH records there are, without extension, by name."""
    folder = os.environ.get(FOLDER)
    return sorted(path.with_suffix("") for path in Path(folder or ".").glob("mitdb/*.hea"))


def simulate(folder: Path, seconds: float, bed: int) -> Path:
    """Write a simulated record of two leads at 250 Hz; returns its path, without extension."""
    simulator = Simulator(load_scenario(SCENARIO), beds=bed + 1)
    leads = simulator.leads[bed]
    samples = simulator.read(0, round(seconds * simulator.fs))[bed]
    name = f"simulated-{bed + 1}"
    wfdb.wrsamp(
        name,
        fs=simulator.fs,
        units=["mV"] * len(leads),
        sig_name=[lead.name for lead in leads],
        d_signal=samples.T.astype("int64"),
        fmt=["16"] * len(leads),
        adc_gain=[GAIN] * len(leads),
        baseline=[0] * len(leads),
        write_dir=str(folder),
    )
    return folder / name
