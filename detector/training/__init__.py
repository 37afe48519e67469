"""Teaching the reading and judging it: data sets, training, and evaluation after ANSI/AAMI EC57."""
