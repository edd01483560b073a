"""Where `umaya serve` and `umaya demo` listen: a port that is taken is told before any work, as bad input is."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from umaya.types.errors import InputError, Place

if TYPE_CHECKING:
    from fastapi import FastAPI


def listen(host: str, port: int) -> socket.socket:
    """Return a socket bound to an address; nobody else can take it from now on.

    Raises:
        InputError: when the address is not one of this machine, or the port is taken or not allowed.
    """
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise InputError(Place(host), "is no address of this machine", "name another with --host") from error
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(address)
    except OSError as error:
        bound.close()
        problem = f"cannot be listened on ({(error.strerror or 'refused').lower()})"
        raise InputError(Place(f"{host}:{port}"), problem, "stop what uses it, or name another with --port") from error
    return bound


def serve(app: FastAPI, bound: socket.socket) -> None:
    """Serve an application on a bound socket until a signal ends it; which proxies are believed, it knows itself."""
    import uvicorn

    uvicorn.Server(uvicorn.Config(app, log_level="warning", proxy_headers=False)).run(sockets=[bound])
