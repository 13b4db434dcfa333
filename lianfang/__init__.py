"""Lianfang (联防): the engine decides, the web remembers.

Start with `lianfang.cli.main` (the commands) or `lianfang.engine` (the rooms).
"""
