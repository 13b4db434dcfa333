"""What can be proved: a log nobody can rewrite, exhibits nobody can swap, a package anybody can check.

Promises: acknowledged means on disk; every proof is checked without us, by standard formats; leaves hold commitments.
Never: an identifier of a person in a leaf, a network call, a judgement. Start with `store.Log`, `proof.verify`, `package.write`.
"""
