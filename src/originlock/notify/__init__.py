"""Who is told what: from a run to what is worth a person's time, once.

Lives here: which facts of a run are news, what was told before, and the words.
Must not live here: how anything is sent (see `originlock.channels`), or what a run does.
"""
