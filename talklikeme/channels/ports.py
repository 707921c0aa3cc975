"""The port that all channels share; apart, because the server's module is slow to import."""

import socket

from talklikeme.errors import ChannelError


def open_port(host: str, port: int) -> socket.socket:
    """Listen before a model is loaded for nothing; raises ChannelError if the port is taken."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise ChannelError(
            f"cannot listen on {host}, port {port}: {error.strerror}. "
            "Choose others with --host and --port"
        ) from None
