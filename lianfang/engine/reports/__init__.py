"""Numbers and pages: what a run found, as one page a person can open anywhere.

Promises: self-contained, offline, Chinese with English one click away, identifiers masked. Never: a
number without its source, a name of a consumer. Start with `page.page`, `facts.gather`.
"""
