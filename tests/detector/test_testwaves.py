"""The detector on the test waves of heart rate meters: every QRS, and nothing else; the rate; the alarms."""

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from detector.bank import Reading, Ward
from detector.physical import Scale
from detector.service import make_reader
from stream.messages import Alarm, Message, Open, SetLimits, Wave, pack
from stream.sources.testwaves import FS, IN_TIME, ONSET, SECONDS, TestWave, all_waves

LEARNED = 5.0  # seconds from which beats must be found
NEAR = 0.15  # seconds between a beat and its detection, as EC57 has it
WAVES = all_waves()


def each(waves: list[TestWave]) -> list[object]:
    """Test waves, by name, as parameters."""
    return [pytest.param(wave, id=wave.name) for wave in waves]


@dataclass
class Heard:
    """What was told of one test wave: beats in s; heart rates, each with its time."""

    beats: list[float] = field(default_factory=list)
    rates: list[tuple[float, float | None]] = field(default_factory=list)


@pytest.fixture(scope="module")
def heard() -> dict[str, Heard]:
    """All test waves, read at once in blocks of half a second."""
    ward, told = Ward(), defaultdict[str, Heard](Heard)

    def hear(readings: list[Reading]) -> None:
        for reading in readings:
            for name, sample in zip(reading.key, reading.sample.tolist(), strict=True):
                told[name].beats.append(sample / FS)

    scale = Scale(WAVES[0].leads[0])
    for wave in WAVES:
        ward.open(wave.name, wave.fs, 1)
    block = round(FS / 2)
    for start in range(0, round(SECONDS * FS), block):
        for wave in WAVES:
            hear(ward.push(wave.name, start, scale(wave.read(start, start + block)[0])))
        hear(ward.step())
        for name, sample, rate in ward.heart_rates():
            told[name].rates.append((sample / FS, rate))
    for wave in WAVES:
        hear(ward.close(wave.name))
    return told


def within(times: NDArray[np.float64], of: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of some times have another beside them."""
    return (np.abs(times[:, None] - of[None, :]) <= NEAR).any(axis=1) if len(of) else np.zeros(len(times), bool)


@pytest.fixture(scope="module")
def alarms() -> dict[str, list[Alarm]]:
    """What a reader announces of each, the limits set that it asks for."""
    reader = make_reader(explain=False)
    opens = [Open(bed=wave.name, stream="s", fs=wave.fs, leads=wave.leads[0], epoch=0.0) for wave in WAVES]
    limits = [SetLimits(bed=wave.name, values=dict(wave.limits), by="test") for wave in WAVES]
    said: list[Message] = reader.take([*opens, *limits])
    block = round(5 * FS)
    for start in range(0, round(SECONDS * FS), block):
        said += reader.take(
            [
                Wave(bed=wave.name, stream="s", start=start, samples=pack(wave.read(start, start + block)[0]))
                for wave in WAVES
            ]
        )
    told = defaultdict[str, list[Alarm]](list)
    for message in said:
        if isinstance(message, Alarm) and message.revision == 1:
            told[message.bed].append(message)
    return told


@pytest.mark.parametrize("wave", each([wave for wave in WAVES if wave.reads]))
def test_every_qrs_is_found_and_nothing_else(wave: TestWave, heard: dict[str, Heard]) -> None:
    told = np.array(heard[wave.name].beats)
    truth, told = wave.beats[wave.beats > LEARNED], told[told > LEARNED]
    change = np.abs(told - ONSET) < 0.5  # a tachycardia may begin with a beat of its own
    missed = truth[~within(truth, told)]
    extra = told[~within(told, truth) & ~change]
    assert (missed.tolist(), extra.tolist()) == ([], [])
    assert len(told) <= len(truth) + 1


@pytest.mark.parametrize("wave", each([wave for wave in WAVES if wave.reads]))
def test_the_heart_rate_is_told(wave: TestWave, heard: dict[str, Heard]) -> None:
    for reads in wave.reads:
        told = [(at, rate) for at, rate in heard[wave.name].rates if reads.begin <= at <= reads.end]
        assert len(told) >= reads.end - reads.begin - 2
        assert [(at, rate) for at, rate in told if not reads.tolerates(rate)] == []


@pytest.mark.parametrize("wave", each(WAVES))
def test_the_alarm_comes_in_time_and_none_of_high_priority_else(wave: TestWave, alarms: dict[str, list[Alarm]]) -> None:
    told = [(alarm.name, alarm.priority, alarm.announced / FS - ONSET) for alarm in alarms[wave.name]]
    if wave.alarms:
        assert any(name in wave.alarms and 0.0 <= delay <= IN_TIME for name, _, delay in told)
    assert [(name, delay) for name, priority, delay in told if priority == "high" and name not in wave.alarms] == []
