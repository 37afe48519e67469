"""Child processes of the tests, as the machine lists them."""

from contextlib import suppress

import psutil


def running(*commands: str) -> list[psutil.Process]:
    """Children of this process that run one of the commands; those already dead but not yet waited for are none."""
    found = []
    for child in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):  # a ZombieProcess is one too
            if {*commands} & {*child.cmdline()}:
                found.append(child)
    return found
