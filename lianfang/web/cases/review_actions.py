"""Changes in a review: who sits, what they write, how they vote, what follows a decision."""
