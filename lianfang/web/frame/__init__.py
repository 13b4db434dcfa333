"""The building: pages, languages, headers. It knows no room.

Promises that every page has both languages and a strict content policy; never reads a row.
Start with `page.page`, `middleware`, `templatetags/say.py`.
"""
