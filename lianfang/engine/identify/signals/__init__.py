"""Signals: which clauses of which guides a text or a record meets, and why.

Promises: the same answer for one text and for a table of a million; reasons in both languages.
Never: says more than `review`, and never about a person.
Start with `check.check`, `run.signals`.
"""
