"""Channels: each renders what is to be told (pure) and sends it. None of them touches the store."""

from bot.channels.outgoing import (
    NOTICES,
    Channel,
    ChannelError,
    Item,
    Notice,
    Outgoing,
    Pace,
    Sent,
    version_of,
)

__all__ = ["NOTICES", "Channel", "ChannelError", "Item", "Notice", "Outgoing", "Pace", "Sent", "version_of"]
