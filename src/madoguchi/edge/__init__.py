"""The outside, one folder per stranger; each implements a port that a room below declares."""
