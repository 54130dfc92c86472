"""The door for operators: the `madoguchi` command."""
