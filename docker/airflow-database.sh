#!/bin/sh
# Airflow's own database and role, beside ours: made where they are missing, and the password set as `.env` has it.
# Also works on a server that has run for long, which scripts of the image's first start do not.
set -eu

for name in AIRFLOW_DB_PASSWORD AIRFLOW_JWT_SECRET AIRFLOW_FERNET_KEY; do
    eval "value=\${$name:-}"
    if [ -z "$value" ]; then
        echo "$name is not set: write it to .env (docs/airflow.md says how to make one)." >&2
        exit 1
    fi
done

psql --set=ON_ERROR_STOP=1 --set=password="$AIRFLOW_DB_PASSWORD" --quiet <<'SQL'
select 'create role airflow login' where not exists (select from pg_roles where rolname = 'airflow')
\gexec
alter role airflow with password :'password';
select 'create database airflow owner airflow' where not exists (select from pg_database where datname = 'airflow')
\gexec
SQL
