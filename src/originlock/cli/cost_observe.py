"""`originlock cost observe`.

Lives here: the command. Must not live here: what is reckoned.
"""
