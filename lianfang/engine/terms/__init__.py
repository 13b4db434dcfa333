"""The field's dictionary: codes, errors, settings, the clock. Everyone may import it.

Promises: one name per thing. Never: imports another room.
Start with `codes.Activity`, `errors.LianfangError`, `clock.now`.
"""
