"""Collection conduct: may this contact be made now, and what went wrong in those already made.

Promises: one rule, read once from `data/conduct`, answers before a contact (gate) and after it (audit),
and both answers agree. Never: a number without its source, a guess where a fact is missing.
Start with `load.rules`, `gate.check`, `audit.audit`.
"""
