"""What an operator is told when the database cannot be used."""


class DatabaseError(Exception):
    """The database cannot be used; its text says why, and what to do."""
