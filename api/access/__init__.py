"""Who comes in, with what, and in which form it may reach the domain."""
