"""THE LOCKS: each a pure room that knows its own changes, how to find them, when to refuse, and what it promises.

Lives here: one package a lock. Must not live here: anything that one lock would need to know of another.
"""
