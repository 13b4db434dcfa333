"""Make tables with known truth: campaigns, innocent look-alikes, ordinary people.

Promises: same seed and version, same bytes; every record has a label; no detector is imported here.
Never: reads real data or a real number in use. Knows nothing of guides, links or rings.
Start with `knobs.Knobs`, `simulation.simulate`, `evaluate.score`.
"""
