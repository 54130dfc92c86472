"""Doors, one per kind of person. They show what rooms below know and run the actions of the catalogue."""
