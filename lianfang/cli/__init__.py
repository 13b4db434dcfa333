"""The engine from a terminal.

Promises: Chinese first, English with `--lang en`; errors say what, where and what next. Never: rules.
Start with `main.main`.
"""
