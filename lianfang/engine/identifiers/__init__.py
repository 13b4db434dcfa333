"""Numbers and names that point at a person, a firm or a thing: read, checked, masked, found.

Promises: one normal form however it was written; spans in the raw text.
Never: guesses a number that is masked; asks a network.
Start with `kinds.parse`, `kinds.parse_column`, `find.find`.
"""
