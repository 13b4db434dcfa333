"""Cases on the web floor: rows of a case, of its review, of its votes; what may be done is the engine's answer.

Promises that every move goes through `engine.cases.moves` under one act with its log entry, and that a vote is read
by nobody before the ballot is closed. Never decides by itself; never touches a complaint's own clock.
Start with `dossier.of`, `access.get_case`, `actions.move`.
"""
