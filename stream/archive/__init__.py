"""The archive: all waves as WFDB records, a strip of each alarm, and how both are taken out again.

From the ground up: :mod:`~stream.archive.records` (the format), :mod:`~stream.archive.recorder` (what is to be written
when), :mod:`~stream.archive.folder` (what is there), :mod:`~stream.archive.writer`, :mod:`~stream.archive.strips`,
:mod:`~stream.archive.bounds` (what is deleted), :mod:`~stream.archive.service` (all that on the feed),
:mod:`~stream.archive.export`.
"""
