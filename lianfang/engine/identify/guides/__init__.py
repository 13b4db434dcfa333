"""Guides (特征指南): what an activity looks like in words and fields, as reviewed YAML.

Promises: every fault of every file is told at once, with file, line and mend.
Never: looks at a record; that is `signals`.
Start with `guide.load`, `compile.compiled`, `lint.lint`.
"""
