"""Having runs come by themselves: the texts of systemd's units and of cron's line.

Lives here: what is written into which file, and why it is safe to run. Must not live here: writing files, asking
systemd or cron (see `originlock.wiring.scheduling`).
"""
