"""`originlock cost storm`.

Lives here: the command. Must not live here: what is reckoned.
"""
