"""Little records of the tests' own."""

from pathlib import Path

import numpy as np
import wfdb

FS = 250


def record(folder: Path, name: str = "r1", seconds: float = 60.0, *, annotated: bool = True) -> Path:
    """Write a record of two leads, a beat each 0.8 s, annotated N; its path without extension."""
    folder.mkdir(parents=True, exist_ok=True)
    count = round(seconds * FS)
    peaks = np.arange(100, count, 200)
    wave = np.exp(-((np.arange(count) % 200 - 100.0) ** 2) / 20)
    samples = np.tile(np.rint(200 * wave).astype(np.int16)[:, None], (1, 2))
    wfdb.wrsamp(
        name,
        fs=FS,
        units=["mV", "mV"],
        sig_name=["MLII", "V1"],
        d_signal=samples,
        fmt=["16", "16"],
        adc_gain=[200.0, 200.0],
        baseline=[0, 0],
        write_dir=str(folder),
    )
    if annotated:
        wfdb.wrann(name, "atr", peaks, np.array(["N"] * len(peaks)), fs=FS, write_dir=str(folder))
    return folder / name


def files(path: Path) -> dict[str, bytes]:
    """The files of a record, by name."""
    return {file.name: file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}.*"))}
