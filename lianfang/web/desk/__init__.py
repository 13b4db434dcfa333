"""The signed-in home: what waits for me, and the log of what was done. It changes nothing."""
