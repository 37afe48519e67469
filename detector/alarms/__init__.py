"""Alarms: what the beats and the wave of a bed mean, each second, and what becomes of it until somebody has seen it.

Pure: beats, what the wave shows, commands and time in; messages out. :mod:`~detector.alarms.engine` is what the rest of
the program uses. Definitions are in ``docs/alarms.md``.
"""
