"""Pictures drawn on the server: pure functions from data to SVG; how they look is in the pages' style sheets."""
