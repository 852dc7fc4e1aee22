"""A session that took place, run again on other flows: its recording, the replayer, the differences.

It stands on the harness: the whole application in memory, a clock that is moved, a network that ends here.
"""
