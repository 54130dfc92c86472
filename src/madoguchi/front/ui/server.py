"""The web server: a socket of our own, a clean end within seconds even while streams are open."""

import gc
import socket
from types import FrameType

import uvicorn

from madoguchi.front.ui.feeds import Feeds
from madoguchi.front.ui.middleware import Door
from madoguchi.kit.errors import StartupError
from madoguchi.kit.settings import Settings

GRACE = 3  # seconds for requests under way
Listening = socket.socket


def listen(settings: Settings) -> Listening:
    """The listening socket; StartupError when the port is taken or not ours to use."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # on every event loop: an answer waits for no other
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        listening.close()
        reason = error.strerror or str(error)
        raise StartupError(
            f"Port {settings.port} on {settings.host} cannot be used ({reason}); choose another with --port.", 69
        ) from error
    listening.listen(2048)
    return listening


async def run(web: Door, listening: Listening, feeds: Feeds) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    gc.collect()
    gc.freeze()  # what is here now stays: looking through it again and again makes requests wait
    gc.set_threshold(20_000, 20, 20)  # nearly all that a request leaves is freed by reference counts: look less often
    config = uvicorn.Config(
        web,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=GRACE,
        server_header=False,
        proxy_headers=False,  # front.ui.address reads X-Forwarded-For, from the right
        date_header=True,
        loop="uvloop",
        http="httptools",
        lifespan="off",
    )
    await _Server(config, feeds).serve(sockets=[listening])


class _Server(uvicorn.Server):
    """Ends its streams when it is told to stop, instead of waiting for readers who stay."""

    def __init__(self, config: uvicorn.Config, feeds: Feeds) -> None:
        super().__init__(config)
        self._feeds = feeds

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._feeds.close_all()
        super().handle_exit(sig, frame)
        self._captured_signals.clear()  # they are not raised again: what was opened before us is closed after us
