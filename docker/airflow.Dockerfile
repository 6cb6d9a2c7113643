# Airflow with this program inside: its tasks import it. The DAG itself is mounted (./dags), not copied.
ARG AIRFLOW=3.3.2
ARG PYTHON=3.12

FROM python:${PYTHON}-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY alembic alembic
COPY src src
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM apache/airflow:${AIRFLOW}-python${PYTHON}
ARG AIRFLOW
USER 50000
# Airflow is named again, so that nothing of ours moves it; then everything is asked whether it fits together.
RUN --mount=type=bind,from=build,source=/wheels,target=/built \
    pip install --no-cache-dir "apache-airflow==${AIRFLOW}" "$(ls /built/*.whl)[why]" \
    && pip check
ENV CIVITAI_ENGAGEMENT_ENGINE=airflow
