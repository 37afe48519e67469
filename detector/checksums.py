"""The files of learned weights that come with the package, known by their SHA-256."""

import hashlib
import json
from pathlib import Path
from typing import Final

from stream.errors import CardioVisionError

MODELS: Final = Path(__file__).parent / "models"

REGISTER: Final = "checksums.json"
"""Name of the list of checksums, which lies beside the files."""


class ModelError(CardioVisionError):
    """A model file that is missing, damaged, or made for other input."""


def enter(path: Path) -> None:
    """Enter a file's checksum in the list beside it."""
    register = path.with_name(REGISTER)
    known = json.loads(register.read_text()) if register.exists() else {}
    known[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    register.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n")


def compare(path: Path) -> None:
    """Compare a file with its checksum in the list beside it.

    Raises
    ------
    ModelError
        If it is missing or is not the file that was shipped.
    """
    try:
        known = json.loads(path.with_name(REGISTER).read_text())[path.name]
        content = path.read_bytes()
    except (OSError, ValueError, KeyError):
        raise ModelError(
            f"the shipped model {path.name} or its checksum is missing: install the package again"
        ) from None
    if hashlib.sha256(content).hexdigest() != known:
        raise ModelError(
            f"the shipped model {path.name} is not the file that was shipped (its checksum differs): install the "
            "package again, or give your own model with --model"
        )
