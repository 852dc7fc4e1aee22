"""What an editor asks about flow files, tests and config.yaml: problems, completions, places, edits."""
