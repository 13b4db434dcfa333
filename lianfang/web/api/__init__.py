"""Machines: the same rooms over JSON, for programs that hold a key.

Promises the same doors, the same masking and the same log as the pages; errors follow RFC 9457.
Start with `rest.api`.
"""
