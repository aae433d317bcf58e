"""Channels: each renders what is to be told (pure) and sends it. None of them touches the store."""

from bot.channels.outgoing import Channel, ChannelError, Item, Outgoing, Pace, Sent

__all__ = ["Channel", "ChannelError", "Item", "Outgoing", "Pace", "Sent"]
