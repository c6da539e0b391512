"""A local server that speaks the Gemini API's wire format, as far as the chatbot uses it.

The SDK asks for `…:streamGenerateContent?alt=sse` and gets server-sent events, each a response with
a piece of the content; an error is one JSON document with its HTTP status.
"""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

MODEL_PATH = "models/gemini-2.5-flash:streamGenerateContent?alt=sse"


@dataclass
class Answer:
    """One scripted HTTP response: its chunks, bytes or JSON, `delay` seconds before each."""

    chunks: list[object]
    status: int = 200
    delay: float = 0

    def encoded(self) -> Iterator[bytes]:
        for chunk in self.chunks:
            time.sleep(self.delay)
            if isinstance(chunk, bytes):
                yield chunk
            elif self.status == 200:
                yield f"data: {json.dumps(chunk)}\r\n\r\n".encode()
            else:
                yield json.dumps(chunk).encode()


def says(
    *texts: str, delay: float = 0, finish_reason: str = "STOP", tokens: int | None = None
) -> Answer:
    chunks: list[object] = [candidate([{"text": text}], finish_reason) for text in texts]
    if tokens is not None:
        chunks.append({"usageMetadata": {"totalTokenCount": tokens}})
    return Answer(chunks, delay=delay)


def calls(name: str, /, **arguments: object) -> Answer:
    return Answer([candidate([call(name, **arguments)])])


def call(name: str, /, **arguments: object) -> dict[str, object]:
    # The signature stands for the model's thoughts; it has to come back with the next request.
    return {
        "functionCall": {"name": name, "args": arguments},
        "thoughtSignature": "c2lnbmVk",
    }


def fails(status: int, code: str, message: str) -> Answer:
    return Answer([{"error": {"code": status, "status": code, "message": message}}], status=status)


def candidate(parts: list[dict[str, object]], finish_reason: str = "STOP") -> dict[str, object]:
    content = {"role": "model", "parts": parts}
    return {"candidates": [{"content": content, "finishReason": finish_reason}]}


class GeminiStandIn:
    """Plays the scripted answers in order and keeps the requests."""

    def __init__(self) -> None:
        self._script: list[Answer] = []
        self.otherwise = fails(500, "INTERNAL", "the script has no more answers")
        """What requests beyond the script get."""
        self.requests: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.keys: list[str | None] = []
        self.sent = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def play(self, *answers: Answer) -> None:
        """Forget the past and answer the next requests with these."""
        self._script = list(answers)
        self.requests.clear()
        self.paths.clear()
        self.keys.clear()
        self.sent = 0

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                stand_in.requests.append(json.loads(self.rfile.read(length)))
                stand_in.paths.append(self.path)
                stand_in.keys.append(self.headers["x-goog-api-key"])
                answer = stand_in._script.pop(0) if stand_in._script else stand_in.otherwise
                is_stream = answer.status == 200
                self.send_response(answer.status)
                self.send_header(
                    "content-type", "text/event-stream" if is_stream else "application/json"
                )
                self.end_headers()
                try:
                    for chunk in answer.encoded():
                        self.wfile.write(chunk)
                        stand_in.sent += len(chunk)
                except (BrokenPipeError, ConnectionResetError):
                    return  # the client gave up waiting, as some tests want it to

            def log_message(self, *_: object) -> None:
                """Keep the test output clean."""

        return Handler
