"""Uploads, runs, rings and what people judged of them.

Promises that a run sees its institution's files only, obeys every judgement that stands, and that what
a page shows is masked until somebody states a purpose. Decides nothing: the engine does.
Start with `actions`, `gather`, `work`.
"""
