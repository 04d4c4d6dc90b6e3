"""Somebody who asked to be called: keeps what it is told, and answers as a test wants it."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class Receiver:
    """Listening on ``url`` until ``close``. ``answers``: (status, headers) for each call, the last for all that follow."""

    def __init__(self):
        self.calls, self.answers = [], [(204, {})]
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.calls.append((self.path, dict(self.headers), body))
                status, headers = receiver.answers.pop(0) if len(receiver.answers) > 1 else receiver.answers[0]
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/ended?of=tool"
        self.thread = Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()

    @property
    def told(self):
        return [json.loads(body) for _, _, body in self.calls]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
