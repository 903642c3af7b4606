"""What is asked, answered from the fold alone: the oracle, and the shapes of the answers."""
