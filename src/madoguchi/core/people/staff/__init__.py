"""Staff: who works here, in which role, and whether they still do."""
