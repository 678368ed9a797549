"""WHETHER A LIST MAY BE ACTED ON: the guards on what an edge published.

Lives here: judging readings of an edge's list, form by form and together, against the list last accepted.
Must not live here: fetching, decoding, the limits of any one edge, and what a list is then used for.
"""
