# SPDX-License-Identifier: Apache-2.0
"""A small HTTP endpoint around the model in service; for tests and demonstrations, on localhost.

  POST /predict {"text": "…", "locale": "…"}   -> {"domain", "intent", "confidence", "slots", "model"}
  GET  /model                                  -> {"model": "ID"}

The link ROOT/current is looked at before every answer, so a promotion or a rollback shows at once.
A model that cannot be loaded leaves the one before it in service.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from nlu import model_dir, registry
from nlu.data import BadData
from nlu.model_dir import Model

LONGEST_BODY = 1 << 16


class Service:
    """The current model, loaded again when the link changes. Safe from several threads."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.lock = threading.Lock()
        self.target = ""
        self.name = ""
        self.model: Model | None = None

    def now(self) -> tuple[str, Model]:
        """Name and model; BadData when there is none."""
        with self.lock:
            link = self.root / "current"
            target = os.readlink(link) if link.is_symlink() else ""
            if target != self.target:
                self._load(target)
            if self.model is None:
                raise BadData("no model is in service")
            return self.name, self.model

    def _load(self, target: str) -> None:
        self.target = target  # not tried again until the link changes once more
        try:
            folder = registry.current(self.root)
            if folder:
                self.name, self.model = folder.name, model_dir.load(folder)
                print(f"serving {folder.name}", file=sys.stderr)
        except BadData as error:
            print(f"not loaded: {error}", file=sys.stderr)

    def predict(self, text: str) -> dict[str, Any]:
        name, model = self.now()
        return model.predict([text])[0].as_dict() | {"model": name}


def handler(service: Service) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10

        def _answer(self, status: int, content: dict[str, Any]) -> None:
            body = json.dumps(content, ensure_ascii=False).encode() + b"\n"
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _body(self) -> dict[str, Any]:
            length = int(self.headers.get("Content-Length") or 0)
            if not 0 < length <= LONGEST_BODY:
                raise ValueError(f"a body of 1 to {LONGEST_BODY} bytes was expected")
            content = json.loads(self.rfile.read(length))
            if not isinstance(content, dict) or not isinstance(content.get("text"), str):
                raise ValueError("a JSON object with text was expected")
            return content

        def do_POST(self) -> None:  # the name is the library's
            try:
                if self.path != "/predict":
                    self._answer(404, {"error": "only /predict takes a POST"})
                    return
                self._answer(200, service.predict(self._body()["text"]))
            except ValueError as error:
                self.close_connection = True  # what is left of the body is no next request
                self._answer(400, {"error": str(error)})
            except BadData as error:
                self._answer(503, {"error": str(error)})

        def do_GET(self) -> None:
            try:
                if self.path != "/model":
                    self._answer(404, {"error": "only /model takes a GET"})
                    return
                self._answer(200, {"model": service.now()[0]})
            except BadData as error:
                self._answer(503, {"error": str(error)})

        def log_message(self, *_: Any) -> None:
            """What people say is not for a log."""

    return Handler


def listen(root: Path, address: str, port: int) -> ThreadingHTTPServer:
    """Bound, not yet serving; port 0 takes a free one."""
    server = ThreadingHTTPServer((address, port), handler(Service(root)))
    server.daemon_threads = True
    return server
