"""Approvals: what goes beyond the limits of whoever asked waits until somebody else agrees or does not."""
