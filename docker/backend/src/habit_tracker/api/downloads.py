"""Files that are sent piece by piece."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

SECONDS = 60
"""For all of a download. It occupies a place and a connection, and others are waiting."""


class Download(StreamingResponse):
    """An attachment. A client that is too slow finds the connection closed."""

    def __init__(
        self, first: bytes, rest: AsyncGenerator[bytes], filename: str, media_type: str
    ) -> None:
        """`first` and `rest` are the contents; `rest` is closed at the end, whatever happens."""
        self._rest = rest
        super().__init__(
            self._all(first),
            media_type=media_type,
            headers={"Content-Disposition": f'attachment; filename="{filename}"'},
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            async with asyncio.timeout(SECONDS):
                await super().__call__(scope, receive, send)
        finally:
            await self._rest.aclose()

    async def _all(self, first: bytes) -> AsyncIterator[bytes]:
        yield first
        async for piece in self._rest:
            yield piece
