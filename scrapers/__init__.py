"""Turns the web into Paper values, and knows nothing of databases, subscriptions or messages."""
