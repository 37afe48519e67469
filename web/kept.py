"""What is past, as the web reads it: the hub's journal and the keeper's archive.

Dash runs callbacks, and FastAPI ``async`` endpoints, on the server's one event loop, so whoever reads here does it in
another thread: ``await asyncio.to_thread(kept.period, ...)``.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, tzinfo
from threading import Lock
from typing import Final
from zoneinfo import ZoneInfo

from stream.archive.export import Format, export_alarm
from stream.archive.folder import Archive, read_record
from stream.archive.records import Excerpt
from stream.archive.strips import window
from stream.errors import JournalError, SourceError
from stream.journal import Journal, KeptAlarm, KeptDeed
from stream.messages import Alarm, Beat, Explanation, Open, Quality, Rhythm, Verdict
from stream.report import hours_of
from web.settings import Settings

MOST: Final = 20_000
"""Most alarms of a period that are read."""

NEAR: Final = 2000
"""Events on either side of an alarm among which an explanation of its beats is looked for."""

_CONTEXT: Final = 20


@dataclass(frozen=True, slots=True)
class Period:
    """What the journal has of a period.

    Attributes
    ----------
    since, until
        UTC seconds.
    alarms
        Those of which something was told in it, the newest first; :data:`MOST` at most.
    verdicts
        The last on each alarm, by its id.
    hours
        Hours of ECG of each bed.
    """

    since: float
    until: float
    alarms: Sequence[KeptAlarm]
    verdicts: Mapping[str, KeptDeed]
    hours: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Life:
    """What the journal has of one alarm.

    Attributes
    ----------
    alarm
        Its last revision.
    revisions
        All that was told of it, and when (UTC seconds), in order.
    opened
        Its stream; None if that is no longer known.
    rhythm, quality, beat
        The last told of the bed at its onset; None if none is known.
    beats
        Those of its strip, in order.
    verdicts
        What people found, the newest first.
    before, after
        Ids of the alarms of the bed before it and after.
    """

    alarm: Alarm
    revisions: Sequence[tuple[float, Alarm]]
    opened: Open | None
    rhythm: Rhythm | None
    quality: Quality | None
    beat: Beat | None
    beats: Sequence[Beat]
    verdicts: Sequence[KeptDeed]
    before: str | None
    after: str | None


class Kept:
    """Reads journal and archive, where the settings name any.

    Every method raises a :class:`~stream.errors.CardioVisionError` that says in a sentence what is lacking, and what
    to do.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._drawing = Lock()  # matplotlib's settings are of the whole process

    def journal(self) -> Journal:
        """Open the journal, to be closed again: ``with kept.journal() as journal``."""
        if self._settings.journal is None:
            raise JournalError("nothing past can be shown: this screen was started without the hub's --journal")
        return Journal(self._settings.journal)

    def archive(self) -> Archive:
        """Find the archive."""
        if self._settings.archive is None:
            raise SourceError("no ECG can be shown: this screen was started without the keeper's --folder")
        return Archive(self._settings.archive)

    def period(self, since: float, until: float, bed: str | None = None) -> Period:
        """Read the alarms of a period (UTC seconds) of one bed or all, and what was found of them."""
        with self.journal() as journal:
            alarms = [kept for kept in journal.alarms_during(since, bed, limit=MOST) if kept.told < until]
            said = journal.audit(
                bed, ("verdict",), since=min((kept.told for kept in alarms), default=since), limit=MOST
            )
            events = journal.events(bed, ("open", "close"), until=until, limit=MOST)
        return Period(since, until, alarms, _last(said), hours_of(reversed(events), since, until))

    def life(self, alarm: str) -> Life:
        """Read all there is of an alarm, by its id."""
        with self.journal() as journal:
            revisions = journal.revisions(alarm)
            if not revisions:
                raise JournalError(f"no alarm {alarm[:200]!r} is in the journal: it may be older than what is kept")
            told, last = revisions[0][0], revisions[-1][1]
            opened = _stream(journal, last, told)
            first, stop = window(last, opened.fs) if opened else (last.onset, last.announced + 1)
            beats = journal.beats(last.bed, last.stream, first - round(_CONTEXT * (opened.fs if opened else 0)), stop)
            said = journal.audit(last.bed, ("verdict",), since=told, limit=MOST)
            rhythm, quality = (self._state(journal, last, told, kind) for kind in ("rhythm", "quality"))
            before, after = journal.neighbours(alarm)
        return Life(
            alarm=last,
            revisions=revisions,
            opened=opened,
            rhythm=rhythm if isinstance(rhythm, Rhythm) else None,
            quality=quality if isinstance(quality, Quality) else None,
            beat=next((beat for beat in reversed(beats) if beat.sample <= last.onset), None),
            beats=[beat for beat in beats if beat.sample >= first],
            verdicts=[kept for kept in said if isinstance(kept.deed, Verdict) and kept.deed.alarm == alarm],
            before=before,
            after=after,
        )

    def explanation(self, alarm: str, sample: int) -> Explanation | None:
        """Find the explanation of a beat among what was told about the time of an alarm; None if it is not there."""
        with self.journal() as journal:
            revisions = journal.revisions(alarm)
            if not revisions:
                return None
            _, first = revisions[0]
            told, _ = journal.told(max(0, first.seq - NEAR), first.seq + NEAR)
        wanted = (first.bed, first.stream, sample)
        found = (event for event in told if isinstance(event, Explanation))
        return next((event for event in found if (event.bed, event.stream, event.sample) == wanted), None)

    def strip(self, alarm: Alarm, opened: Open | None) -> tuple[Excerpt, bool]:
        """Read the ECG of an alarm, and say whether its strip is cut; until then it is what waves there are."""
        archive = self.archive()
        with suppress(SourceError):
            return read_record(archive.strip(alarm.id, alarm.bed)), True
        excerpt = opened and archive.read_samples(alarm.bed, alarm.stream, *window(alarm, opened.fs))
        if not excerpt:
            raise SourceError(
                "no ECG of this alarm is kept: either `cardiovision keep` did not run then, or it was deleted since"
            )
        return excerpt, False

    def export(self, alarm: str, form: Format, zone: tzinfo | None = None) -> tuple[str, bytes]:
        """Take the strip of an alarm out: a name for the file, and its bytes."""
        archive = self.archive()
        with self._drawing:
            return export_alarm(archive, alarm, form, zone)

    @staticmethod
    def _state(journal: Journal, alarm: Alarm, told: float, kind: str) -> object:
        """The last rhythm or quality of the alarm's stream at its onset."""
        for kept in journal.events(alarm.bed, (kind,), until=told + 1, limit=_CONTEXT):
            event = kept.event
            if isinstance(event, Rhythm | Quality) and event.stream == alarm.stream and event.sample <= alarm.onset:
                return event
        return None


def zone_named(name: object) -> tzinfo:
    """Find the time zone of a viewer by the name that the browser gives; UTC if there is none such."""
    try:
        return ZoneInfo(str(name))
    except (KeyError, ValueError, OSError):  # no such zone, a name that none can have, a folder of zones
        return UTC


def _last(deeds: Sequence[KeptDeed]) -> dict[str, KeptDeed]:
    """The last verdict on each alarm, of those the newest first."""
    return {kept.deed.alarm: kept for kept in reversed(deeds) if isinstance(kept.deed, Verdict)}


def _stream(journal: Journal, alarm: Alarm, told: float) -> Open | None:
    """What its source said of an alarm's stream."""
    for opened in journal.streams(alarm.bed, until=told + 1):
        if opened.stream == alarm.stream:
            return opened
    return None
