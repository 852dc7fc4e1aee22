"""The words of each language, one module each."""
