"""The questions and the acts, as Protocols: what the app may ask of the outside, and what it may do to it.

Lives here: `reading` (questions) and `writing` (acts). Must not live here: any implementation.
"""
