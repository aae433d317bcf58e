"""Alembic's steps, one for each change of the tables, for both databases."""
