"""WHAT IS: frozen facts, and the only CIDR arithmetic.

Lives here: what was read of the world, as data. Must not live here: how it is read, and any judgement of it.
"""
