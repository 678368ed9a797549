"""THE MOVES: changes, their order, the plan as data, and the machine that applies it; whatever the lock.

Lives here: widen, prove, narrow, prove, as data and as a machine without I/O.
Must not live here: what a lock wants, and any call to the outside.
"""
