"""Chinese text made plain, and phrases found in it, with the way back to what was written.

Promises: every match has its span in the raw text; one text and a table give the same answer.
Never: decides what a match means. Start with `plain.plain`, `scan.Phrases`, `scan.scan_table`.
"""
