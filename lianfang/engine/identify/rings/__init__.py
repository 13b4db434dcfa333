"""Who belongs together: rings grown from links, measured, graded by gates, told with reasons.

Promises: the same tables give the same rings; a ring keeps its id; innocents have their guards.
Never: decides by a score, reads files of its own choosing, knows a person's name unmasked.
Start with `find.find`, `gates.grade`, `portrait.portrait`.
"""
