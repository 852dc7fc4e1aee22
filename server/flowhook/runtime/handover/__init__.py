"""Conversations that people take over: their providers, what leaves for them, what comes back, the desk."""
