"""A project's life: one file per noun, each holding its events, commands and decisions."""
