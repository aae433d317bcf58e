"""Turns Paper values into messages; the only package with a database."""
