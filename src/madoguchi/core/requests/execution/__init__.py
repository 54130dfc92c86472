"""Execution: what was confirmed is carried out once, and what became of it is booked and told."""
