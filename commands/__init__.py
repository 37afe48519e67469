"""The commands of ``cardiovision``: each takes its options, imports the part that does the work, and runs it."""
