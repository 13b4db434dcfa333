"""Cases and the committee: how a case may move, what it needs, who may not sit, by when.

Promises: one table is the law of one kind of case, and one function moves by it; a refusal tells everything that
is lacking and what is open. Never: a machine that confirms, a person who checks himself, a complaint's own clock.
Start with `tables.load`, `moves.move`, `moves.open_moves`.
"""
