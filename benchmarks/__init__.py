"""How much the service carries, and how that compares: ``make bench``. docs/benchmarks.md says what it all means."""
