"""What the design promises, tried many times over: each test counts its attempts and its failures.

`make trust` tries each in full and prints one table, kept in docs/信任.md; `make test` tries each a few times.
"""
