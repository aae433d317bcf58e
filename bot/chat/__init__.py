"""Talking on Telegram. `heard` and `said` are plain values; `respond` turns the one into the other; `connection` alone
speaks with the Bot API."""
