"""The deciding floor: pure rooms, stacked in the order a piece of intelligence travels.

Promises: rows in, verdict with reasons out. Never: a web framework, the network, its own clock.
Start with `records`, `identify`, `conduct`.
"""
