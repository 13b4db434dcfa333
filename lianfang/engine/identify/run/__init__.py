"""The course of one run: tables of records in, tables of results out.

Promises: the same results for the same input on any number of threads and on either machine. Never:
a half-written folder. Start with `course.run`, `results.tables`, `folder.Folder`.
"""
