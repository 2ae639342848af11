# SPDX-License-Identifier: Apache-2.0
"""A network that misbehaves: a TCP proxy for the listener of `scripts/kafka start --proxied`."""
import asyncio
import contextlib
import threading

CHUNK = 65536


class Proxy:
    """Listens on 127.0.0.1:`port`, forwards to 127.0.0.1:`target`, on a thread of its own. What is set
    below takes effect at once, for connections that exist too; the counters say what happened."""

    def __init__(self, port, target):
        self.port, self.target = port, target
        self.delay = 0.0            # seconds that every chunk waits
        self.rate = 0               # bytes a second and direction; 0: no limit
        self.silent = False         # nothing passes, nothing is closed
        self.refusing = False       # new connections are closed at once
        self.cut_after = 0          # bytes towards the client after which a connection is cut; 0: never
        self.connections = self.cuts = self.refused = self.delayed = 0
        self._writers = set()
        self._loop = asyncio.new_event_loop()
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self._thread.start()
        if not started.wait(10):
            raise RuntimeError("the proxy does not start")

    def _run(self, started):
        asyncio.set_event_loop(self._loop)
        self._server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", self.port))
        started.set()
        self._loop.run_forever()

    async def _serve(self, reader, writer):
        self.connections += 1
        if self.refusing:
            self.refused += 1
            writer.close()
            return
        try:
            back_reader, back_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.close()
            return
        both = {writer, back_writer}
        self._writers |= both
        await asyncio.gather(self._pass(reader, back_writer, False),
                             self._pass(back_reader, writer, True))
        self._writers -= both

    async def _pass(self, reader, writer, to_client):
        passed = 0
        with contextlib.suppress(OSError):
            while chunk := await reader.read(CHUNK):
                await self._hold(len(chunk))
                passed += len(chunk)
                if to_client and self.cut_after and passed > self.cut_after:
                    # In the middle of an answer, as far as a proxy can tell.
                    writer.write(chunk[:len(chunk) // 2])
                    self.cuts += 1
                    break
                writer.write(chunk)
                await writer.drain()
        with contextlib.suppress(OSError):
            writer.close()

    async def _hold(self, size):
        if self.delay or self.rate:
            self.delayed += 1
            await asyncio.sleep(self.delay + (size / self.rate if self.rate else 0))
        while self.silent:
            self.delayed += 1
            await asyncio.sleep(0.05)

    def disconnect(self):
        """Cuts every connection there is."""
        def cut():
            self.cuts += len(self._writers) // 2
            for writer in list(self._writers):
                writer.transport.abort()
        self._loop.call_soon_threadsafe(cut)

    def close(self):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
