"""THE VERBS: observe, plan, apply, roll back, tell the history; over ports.

Lives here: what a command does, told plainly. Must not live here: any lock's or edge's name to branch on, any I/O
of its own, any decision that a pure room can take.
"""
