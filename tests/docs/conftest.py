import pytest

from app.main import create_app
from app.settings import Settings


def made(folder, examples=None, **settings):
    told = Settings(_env_file=None, database_url=f"sqlite:///{folder}/coe.db", key_dir=folder / "keys", **settings)
    return create_app(told, examples=examples)


@pytest.fixture(scope="session")
def app(tmp_path_factory):
    """The service without a database: its documentation needs none."""
    built = made(tmp_path_factory.mktemp("docs"))
    yield built
    built.state.engine.dispose()


@pytest.fixture(scope="session")
def document(app):
    return app.openapi()


@pytest.fixture
def make(tmp_path):
    """Makes services: ``make(examples, **settings)``."""
    built = []

    def one(examples=None, **settings):
        built.append(made(tmp_path, examples, **settings))
        return built[-1]

    yield one
    for each in built:
        each.state.engine.dispose()
