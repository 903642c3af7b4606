"""What is true: events, decisions and the fold that every answer must equal. Pure Python; no I/O, no clock."""
