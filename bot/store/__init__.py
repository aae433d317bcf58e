"""Every SQL statement of the program, as plain functions over a Session.

Callers open `reading(engine)` or `writing(engine)`; everything inside one `writing` happens together or not at all.
"""
