"""Files become records: any table in, one Arrow table a kind out, and every refusal told.

Promises: rows in = rows kept + rows rejected; a bad cell is null and a reject, never a guess.
Never: evaluates a formula, trusts a size in a file's directory, keeps a password.
Start with `load.load`, `schema.load`, `mapping.recognise`.
"""
