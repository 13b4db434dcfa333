"""The rooms put together: settings, addresses, errors, the worker's loop.

Start with `settings`, `urls`, `work`.
"""
