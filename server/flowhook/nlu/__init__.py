"""Understanding, built in: intents, slots and kinds of sentences, learned from flow files alone."""
