"""The report of a period: its numbers, each of which can be followed back, and the files that show them."""
