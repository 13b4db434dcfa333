"""The remembering floor: rooms that keep what was found, show it, and write down who did what."""
