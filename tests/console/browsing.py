"""A browser without a screen: it signs in, reads pages, fills in their forms and sends them."""

from html.parser import HTMLParser

from fastapi.testclient import TestClient

from app.identity.login import service as login

PASSWORD = "garden shears 178"
HOST = "http://127.0.0.1:8000"


class _Reader(HTMLParser):
    """The forms of a page with what their fields hold, and its text."""

    def __init__(self, html):
        super().__init__()
        self.forms, self.words, self.tags, self.form = [], [], [], None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        at = dict(attrs)
        self.tags.append((tag, at))
        if tag == "form":
            self.form = {"action": at.get("action", ""), "method": at.get("method", "get"), "fields": {}}
            self.forms.append(self.form)
        elif tag == "input" and self.form and "name" in at and at.get("type") not in ("checkbox", "radio"):
            self.form["fields"][at["name"]] = at.get("value", "")

    def handle_endtag(self, tag):
        self.form = None if tag == "form" else self.form

    def handle_data(self, data):
        self.words.append(data)


class Page:
    """An answer as a person sees it."""

    def __init__(self, answer):
        self.answer, self.status, self.html = answer, answer.status_code, answer.text
        read = _Reader(self.html)
        self.forms, self.tags, self.text = read.forms, read.tags, " ".join(" ".join(read.words).split())

    def form(self, action):
        """The fields of the form that is sent there, as they stand."""
        (found,) = [one for one in self.forms if one["action"] == action]
        return found["fields"]

    def links(self):
        return [at["href"] for tag, at in self.tags if tag == "a"]


class Browser:
    """Somebody in front of the console."""

    def __init__(self, world, who=None):
        self.world = world
        self.client = TestClient(world.app, base_url=HOST, raise_server_exceptions=False, follow_redirects=False)
        if who:
            self.enter(who)

    def enter(self, who):
        """Be signed in, without the slow look at a password."""
        from app.console.sessions import service as sessions

        desk = self.world.app.state.console
        with self.world.work() as work:
            made = sessions.begin(work, self.world.ids[who])
        self.client.cookies.set(desk.cookie, desk.seal(made))

    def sign_in(self, who, password=PASSWORD, path="/console/login"):
        """By the page, as people do."""
        page = self.get(path)
        return self.post("/console/login", {**page.form("/console/login"), "user": who, "password": password})

    @property
    def cookie(self):
        return self.client.cookies.get(self.world.app.state.console.cookie)

    def get(self, path, **headers):
        return Page(self.client.get(path, headers=headers))

    def post(self, path, fields, **headers):
        return Page(self.client.post(path, data=fields, headers=headers))

    def send(self, page, action, changes=None, **headers):
        """Fill in a form of a page that was read, and send it."""
        return self.post(action, {**self.get(page).form(action), **(changes or {})}, **headers)


def give_password(world, who):
    with world.work() as work:
        login.set_password(work, who, PASSWORD)
