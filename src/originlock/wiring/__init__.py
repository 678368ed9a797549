"""WIRING: configuration to adapters; the one place that knows both sides.

Lives here: which adapter stands behind which port, and where the environment and files are read.
Must not live here: any decision, any command.
"""
