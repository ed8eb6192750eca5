"""Rules: each takes a setting and a state, and returns the next state, or says why it does not apply."""
