"""The words of flowhook as plain data. Standard library only; imports nothing of ours."""
