"""The command line: one module for each command; errors become exit codes.

Lives here: options, help, what is printed where. Must not live here: decisions, imports that a command does not need.
"""
