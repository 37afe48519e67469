"""Logs in one shape everywhere: ``time level component event key=value ...``, one line an event.

Any module logs with the standard library: ``log = logging.getLogger(__name__)``, then
``log.info("subscriber came", extra={"peer": name})``. Only a command calls :func:`setup`, once.
"""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Final, TextIO

_PLAIN: Final = frozenset(vars(logging.LogRecord("", 0, "", 0, "", None, None))) | {
    "message",
    "asctime",
    "taskName",
}


class LineFormatter(logging.Formatter):
    """Formats an event as exactly one line, with what ``extra`` holds as ``key=value`` at its end."""

    def format(self, record: logging.LogRecord) -> str:
        """Line of one event; an exception becomes ``error=`` and ``at=``, the place it was raised."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        fields = {key: value for key, value in vars(record).items() if key not in _PLAIN}
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            fields["error"] = f"{type(error).__name__}: {error}"
            if frames := traceback.extract_tb(error.__traceback__):
                fields["at"] = f"{frames[-1].filename}:{frames[-1].lineno}"
        text = " ".join(record.getMessage().splitlines())
        pairs = "".join(f" {key}={_value(value)}" for key, value in fields.items())
        return f"{time.removesuffix('+00:00')}Z {record.levelname.lower()} {record.name} {text}{pairs}"


def setup(level: int = logging.INFO, to: TextIO | None = None) -> None:
    """Send all logs of this process to ``to`` (standard error by default) in the one shape.

    Other people's libraries are heard from ``WARNING`` up.
    """
    handler = logging.StreamHandler(to or sys.stderr)
    handler.setFormatter(LineFormatter())
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler], force=True)
    for ours in ("stream", "detector", "web", "cardiovision", "supervisor"):
        logging.getLogger(ours).setLevel(level)
    logging.captureWarnings(True)


def _value(value: object) -> str:
    """Write a value bare if it is one plain word, else quoted as in JSON: a newline cannot break the line."""
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    plain = text.isprintable() and not set(text) & set(' "=') and text != ""
    return text if plain else json.dumps(text, ensure_ascii=False)
