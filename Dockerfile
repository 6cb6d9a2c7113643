# syntax=docker/dockerfile:1
# The server over HTTP, and the command line. It needs CIVITAI_ENGAGEMENT_TOKEN, and CIVITAI_ENGAGEMENT_ALLOWED_HOSTS where
# clients reach it by a name other than localhost. Without DATABASE_URL it keeps its own Postgres in the volume.
# The one place that names the base: to fix it to the byte, add its digest (docs/docker.md).
ARG PYTHON_IMAGE=python:3.12.12-slim-bookworm

# What is to be installed besides the program: a layer of its own, which stays while these lines do.
FROM ${PYTHON_IMAGE} AS requirements
WORKDIR /source
COPY pyproject.toml ./
RUN ["python", "-c", "import pathlib, tomllib; project = tomllib.loads(pathlib.Path('pyproject.toml').read_text())['project']; extras = project['optional-dependencies']; lines = project['dependencies'] + [line for name in ('charts', 'parquet', 'why') for line in extras[name]]; pathlib.Path('requirements.txt').write_text('\\n'.join(lines) + '\\n')"]

FROM ${PYTHON_IMAGE} AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY alembic alembic
COPY src src
RUN --mount=type=cache,target=/root/.cache/pip \
    pip wheel --no-deps --wheel-dir /wheels .

FROM ${PYTHON_IMAGE}
ARG VERSION=unreleased
LABEL org.opencontainers.image.title="Civitai Engagement" \
      org.opencontainers.image.description="How your Civitai images, videos and posts are doing: live, over time, and why." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}"
RUN useradd --uid 1000 --user-group --home-dir /var/lib/civitai-engagement --create-home civitai
COPY constraints.txt /wheels/
COPY --from=requirements /source/requirements.txt /wheels/
RUN --mount=type=cache,target=/root/.cache/pip \
    pip install --constraint /wheels/constraints.txt --requirement /wheels/requirements.txt
RUN --mount=type=bind,from=build,source=/wheels,target=/built \
    pip install --no-cache-dir --no-deps /built/*.whl && pip check
USER 1000:1000
WORKDIR /var/lib/civitai-engagement
ENV CIVITAI_ENGAGEMENT_HOME=/var/lib/civitai-engagement/home
VOLUME /var/lib/civitai-engagement
EXPOSE 8000
# Whether the process answers; whether collecting works is asked at /health. For `docker run -i`: --no-healthcheck.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "from http.client import HTTPConnection as Door; door = Door('127.0.0.1', 8000, timeout=4); door.request('GET', '/live'); raise SystemExit(door.getresponse().status != 200)"]
ENTRYPOINT ["civitai-engagement"]
CMD ["serve", "--transport", "http", "--host", "0.0.0.0", "--port", "8000"]
