"""Errors meant for people: what was expected, what came, what to do."""


class CardioVisionError(Exception):
    """A fault a person can mend; its text is one line that a command prints as it stands."""


class SourceError(CardioVisionError):
    """A record, CSV file or scenario that cannot be read."""


class FrameError(CardioVisionError):
    """A frame on the feed that does not follow the protocol."""


class FeedError(CardioVisionError):
    """The feed cannot be reached, or refused what was asked of it."""


class JournalError(CardioVisionError):
    """A journal that cannot be opened, or is not one."""
