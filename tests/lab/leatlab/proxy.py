"""A TCP proxy that misbehaves on request, as networks, load balancers and dying hosts do."""

import asyncio
import socket
import threading

_CHUNK = 65536


class Proxy:
    """Listens on a free loopback port (`.port`) and forwards to a server; every method may be called from any thread.

    Counters: `connections` (accepted so far), `open` (now), `bytes_to_client`, `bytes_to_server` (forwarded so far).
    """

    def __init__(self, target_port, target_host="127.0.0.1"):
        self.connections = 0
        self.bytes_to_client = 0
        self.bytes_to_server = 0
        self._target = (target_host, target_port)
        self._pairs = set()          # open connections; touched by the loop's thread only
        self._budget = None          # bytes to the client until the cut
        self._delay = 0.0
        self._refusing = False
        self._listener = None
        self._swallow_off = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._thread.start()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._call(self._start())

    # What the network does from now on.

    def cut(self):
        """Ends all open connections with a reset; new ones are served."""
        self._call(self._cut())

    def cut_after(self, n_bytes):
        """Forwards so many more bytes to clients, not one more, then cuts all connections, once."""
        self._call(self._set("_budget", n_bytes))

    def delay(self, seconds):
        """Every piece of data arrives that much later, in both directions."""
        self._call(self._set("_delay", seconds))

    def swallow(self):
        """Connections stay open, new ones are accepted, and nothing is forwarded, nor ever closed: a host that is gone."""
        self._call(self._swallow())

    def refuse(self):
        """Ends open connections and refuses new ones."""
        self._call(self._refuse())

    def restore(self):
        """Forwards again at once, what was swallowed in between included."""
        self._call(self._restore())

    def retarget(self, port, host="127.0.0.1"):
        """Another server behind the same address, for new connections; `cut()` makes the open ones come back."""
        self._target = (host, port)

    @property
    def open(self):
        return len(self._pairs)

    def close(self):
        if self._loop.is_running():
            self._call(self._close())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    # The loop's thread.

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _start(self):
        self._swallow_off = asyncio.Event()
        self._swallow_off.set()
        await self._listen()

    async def _listen(self):
        self._listener = await asyncio.start_server(self._accepted, sock=self._socket)

    async def _set(self, name, value):
        setattr(self, name, value)

    async def _cut(self):
        self._budget = None
        for pair in list(self._pairs):
            for writer in pair:
                writer.transport.abort()
        await asyncio.sleep(0)

    async def _swallow(self):
        self._swallow_off.clear()

    async def _refuse(self):
        if not self._refusing:
            self._refusing = True
            # A socket that is bound and does not listen refuses, and the port cannot be taken by anyone else meanwhile.
            self._listener.close()
            self._socket = socket.socket()
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.bind(("127.0.0.1", self.port))
        await self._cut()

    async def _restore(self):
        self._budget, self._delay = None, 0.0
        self._swallow_off.set()
        if self._refusing:
            self._refusing = False
            self._socket.listen()
            await self._listen()

    async def _close(self):
        self._listener.close()
        self._socket.close()
        await self._cut()
        mine = asyncio.current_task()
        others = [task for task in asyncio.all_tasks() if task is not mine]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _accepted(self, client_reader, client):
        self.connections += 1
        try:
            server_reader, server = await asyncio.open_connection(*self._target)
        except OSError:
            client.transport.abort()
            return
        pair = (client, server)
        self._pairs.add(pair)
        try:
            await asyncio.gather(self._pump(client_reader, server, to_client=False),
                                 self._pump(server_reader, client, to_client=True))
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._pairs.discard(pair)
            for writer in pair:
                writer.transport.abort()

    async def _pump(self, reader, writer, to_client):
        while True:
            data = await reader.read(_CHUNK)
            if self._delay:
                await asyncio.sleep(self._delay)
            await self._swallow_off.wait()
            if not data:
                # One half is closed; the other may still have data under way.
                if writer.can_write_eof():
                    writer.write_eof()
                return
            cutting = to_client and self._budget is not None and len(data) >= self._budget
            if cutting:
                data = data[:self._budget]
            elif to_client and self._budget is not None:
                self._budget -= len(data)
            # Counted before they are written: who has received them finds them counted.
            if to_client:
                self.bytes_to_client += len(data)
            else:
                self.bytes_to_server += len(data)
            writer.write(data)
            await writer.drain()
            if cutting:
                # Closed in order first: a reset would take bytes with it that were forwarded before the cut.
                self._budget = None
                writer.write_eof()
                await asyncio.sleep(0.05)
                await self._cut()
                return
