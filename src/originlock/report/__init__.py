"""Reports: a neutral document for people, plain data for machines.

Lives here: how plans, results, lists and runs are worded and laid out. Must not live here: printing, deciding.
"""
