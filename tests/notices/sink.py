"""A mail server that keeps what it is given: enough of RFC 5321 for one client, and as unkind as a test wants it."""

import email
from email.policy import default
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread


class Sink:
    """Listening on ``url`` until ``close``. ``refuses``: address -> reply; ``on_mail``: called before a mail is taken.

    ``rejects``: the reply to any mail. ``dies_after`` so many mails it hangs up without a word.
    """

    def __init__(self, port=0):
        self.mails, self.refuses, self.rejects, self.dies_after, self.connections = [], {}, None, None, 0
        self.on_mail = lambda: None
        sink = self

        class Handler(StreamRequestHandler):
            def handle(self):
                sink.connections += 1
                sink._talk(self.rfile, self.wfile)

        class Server(ThreadingTCPServer):
            allow_reuse_address, daemon_threads, block_on_close = True, True, False

        self.server = Server(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        self.url = f"smtp://127.0.0.1:{self.port}"
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def _talk(self, lines, out):
        def say(text):
            out.write(f"{text}\r\n".encode())

        say("220 sink")
        sender, to = None, []
        for line in lines:
            words = line.decode().strip()
            verb = words[:4].upper()
            if verb == "EHLO":
                say("250 sink")
            elif verb == "MAIL":
                sender, to = words, []
                say("250 ok")
            elif verb == "RCPT":
                address = words.partition("<")[2].partition(">")[0]
                to.append(address)
                say(self.refuses.get(address, "250 ok"))
            elif verb == "DATA":
                say("354 go on")
                data = b"".join(iter(lambda: next(lines).replace(b"\r\n..", b"\r\n."), b".\r\n"))
                self.on_mail()
                if len(self.mails) == self.dies_after:
                    return
                if self.rejects is None:
                    self.mails.append(Mail(sender, to, data))
                say(self.rejects or "250 kept")
            elif verb == "QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")


class Mail:
    """One mail as it came over the wire."""

    def __init__(self, sender, to, data):
        self.sender, self.to, self.data = sender, to, data
        self.message = email.message_from_bytes(data, policy=default)

    def __getitem__(self, name):
        return self.message[name]

    def text(self, kind="plain"):
        return self.message.get_body((kind,)).get_content()
