# The server over HTTP. It needs CIVITAI_ENGAGEMENT_TOKEN, and CIVITAI_ENGAGEMENT_ALLOWED_HOSTS where clients reach it
# by a name other than localhost. Without DATABASE_URL it keeps its own Postgres in the volume.
FROM python:3.12-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY alembic alembic
COPY src src
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.12-slim
COPY constraints.txt /wheels/
RUN --mount=type=bind,from=build,source=/wheels,target=/built \
    pip install --no-cache-dir --constraint /wheels/constraints.txt "$(ls /built/*.whl)[all]" \
    && useradd --uid 1000 --user-group --home-dir /var/lib/civitai-engagement --create-home civitai
USER 1000:1000
WORKDIR /var/lib/civitai-engagement
ENV CIVITAI_ENGAGEMENT_HOME=/var/lib/civitai-engagement/home
VOLUME /var/lib/civitai-engagement
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "from http.client import HTTPConnection as Door; door = Door('127.0.0.1', 8000, timeout=4); door.request('GET', '/live'); raise SystemExit(door.getresponse().status != 200)"]
ENTRYPOINT ["civitai-engagement"]
CMD ["serve", "--transport", "http", "--host", "0.0.0.0", "--port", "8000"]
