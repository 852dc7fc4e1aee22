"""HTTP: the fast front for messages, and Quart for everything that people and operators use."""
