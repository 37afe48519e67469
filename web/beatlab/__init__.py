"""The beat lab behind its page: files of beats are read, named and explained in a process of their own.

``files`` keeps what people brought, within bounds; ``worker`` is the process, ``work`` what it does; ``results`` sorts,
filters and counts what came out; ``routes`` is how the browser brings a file and fetches results.
"""
