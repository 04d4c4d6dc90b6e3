# The service for production: docker build -t coe . && docker run -p 8000:8000 -v coe:/data -e COE_PUBLIC_URL=https://coe.example.com coe
#
# COE_PUBLIC_URL      required: the https address people and tools use; the service listens on all interfaces here.
# COE_DATABASE_URL    postgresql+psycopg://... in production; without it a SQLite file in /data.
# COE_KEY_DIR         the signing keys, made on the first start. Replicas share this folder, backups include it.
# docs/ and README.md name the other settings.

FROM python:3.11-slim-bookworm AS build
# The system's certificates, so that a base image with a company's own authority works.
ENV UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_NO_CACHE=1 \
    UV_PROJECT_ENVIRONMENT=/opt/coe \
    UV_PYTHON_DOWNLOADS=never \
    UV_SYSTEM_CERTS=1
RUN pip install --no-cache-dir --root-user-action=ignore uv==0.13.9
WORKDIR /src
# The libraries first: this layer stays as long as the lock does.
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-dev --no-install-project
COPY README.md ./
COPY migrations migrations
COPY app app
RUN uv sync --frozen --no-dev --no-editable

FROM python:3.11-slim-bookworm
# A fixed number, so that a cluster can check that it is not root and volumes keep their owner between releases.
RUN groupadd --gid 10001 coe \
    && useradd --uid 10001 --gid coe --home-dir /data --no-create-home --no-log-init --shell /usr/sbin/nologin coe \
    && install --directory --owner=coe --group=coe --mode=0700 /data
COPY --from=build /opt/coe /opt/coe
ENV PATH=/opt/coe/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    COE_DATABASE_URL=sqlite:////data/coe.db \
    COE_KEY_DIR=/data/keys
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
# Python asks, since the image has no curl; http.client, since urllib would go through a configured proxy.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import http.client as h, sys; c = h.HTTPConnection('127.0.0.1', 8000, timeout=4); c.request('GET', '/healthz'); sys.exit(c.getresponse().status != 200)"]
CMD ["coe", "serve", "--host", "0.0.0.0"]
