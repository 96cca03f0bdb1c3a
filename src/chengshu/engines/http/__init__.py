"""HTTP to the outside by aiohttp, guarded against calls into the hub's own network."""

from chengshu.engines.http.client import AioHttpClient
from chengshu.engines.http.threaded import ThreadedHttp
from chengshu.ports.addresses import AddressGuard

__all__ = ["AddressGuard", "AioHttpClient", "ThreadedHttp"]
