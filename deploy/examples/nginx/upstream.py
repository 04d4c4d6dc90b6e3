"""In the place of a publishing tool: whatever gets through to it is printed. `python3 upstream.py PORT`"""

import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Publishing(BaseHTTPRequestHandler):
    """Takes posts, and leaves it to the gateway whose."""

    def do_POST(self):
        """Print who posted where, and what."""
        post = self.rfile.read(int(self.headers["Content-Length"])).decode()
        print(self.headers["X-Employee"], self.path, post, flush=True)
        self.send_response(201)
        self.end_headers()

    def log_message(self, *_):
        """Nothing beside the posts."""


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(sys.argv[1])), Publishing).serve_forever()
