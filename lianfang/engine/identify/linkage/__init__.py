"""Linkage: which records belong together, and by what.

Gives star-shaped links by shared identifiers and by wording, template families, and the hubs that
joined nothing. It never reads a file of records, never shows an unmasked identifier and never
decides who is guilty. Start with `families.families`, `sharing.share` and `links.assemble`.
"""
