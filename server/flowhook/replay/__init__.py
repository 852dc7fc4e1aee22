"""A session that took place, run again on other flows: what was recorded of it, the stage, the differences.

It stands on the parts of the test kit: a storage in memory, a clock that is moved, a network that ends here.
"""
