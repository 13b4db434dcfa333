"""Institutions, people, roles, keys, and the record of looking.

Promises that every change goes through `@act` (permission, transaction, log entry in one), that a look
at a person states its purpose, and that somebody else's row answers like a missing one.
Start with `act.act`, `permissions.Permission`, `access.chosen_of`.
"""
