"""What tests of the journal say."""

from stream.messages import Alarm, Beat, Lead, Open

PRIORITIES = {"asystole": "high", "hr_high": "medium"}


def opened(bed: str = "1", stream: str = "a", seq: int = 0, **fields) -> Open:
    fields = {"fs": 250.0, "leads": (Lead(name="II"),), "epoch": 1.7e9} | fields
    return Open(bed=bed, stream=stream, seq=seq, **fields)


def beat(sample: int, seq: int = 0, bed: str = "1", stream: str = "a") -> Beat:
    p = (0.9, 0.1, 0.0, 0.0, 0.0)
    return Beat(bed=bed, stream=stream, sample=sample, label="N", probabilities=p, rr=0.8, hr=75.0, seq=seq)


def alarm(revision: int = 1, seq: int = 0, bed: str = "1", name: str = "asystole", onset: int = 500, **fields) -> Alarm:
    fields = {"state": "active", "text": f"{name} {revision}", "priority": PRIORITIES[name], "latching": True} | fields
    return Alarm(
        bed=bed,
        stream="a",
        id=f"{bed}/a/{name}/{onset}",
        name=name,
        onset=onset,
        announced=onset + 900,
        revision=revision,
        seq=seq,
        **fields,
    )
