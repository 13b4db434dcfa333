"""The evidence log as tables: every change leaves an entry in the same transaction as the change.

Promises that no change is kept without its entry and no entry without its change; the entry itself
holds a salted commitment, so that forgetting the salt forgets the person and keeps the proof.
It knows nobody: actors and targets are codes. Start with `actions.note` and `models.Entry`.
"""
