"""Where a process is reached: sockets at the places that the settings name."""

import socket

from bot.config import ConfigError


def listening(key: str, place: str) -> socket.socket:
    """A socket that listens at `place`, host:port or [IPv6]:port, which the setting of that key names. Raises
    ConfigError where that is not possible."""
    host, _, port = place.rpartition(":")
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    try:
        return socket.create_server((host.strip("[]"), int(port)), family=family)
    except OSError as error:
        raise ConfigError(f"{key}: nobody can listen at {place}: {error.strerror or error}") from None
