"""The Dockerfile and the compose file say what they must; read, not run."""

import ast
import json
import re
import shutil
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from packaging.requirements import Requirement

from civitai_engagement.server import metrics
from civitai_engagement.settings import Settings

if TYPE_CHECKING:  # pytest loads it by itself
    from tests.docker.conftest import Dockerfile

SECRETS = ("CIVITAI_ENGAGEMENT_TOKEN", "POSTGRES_PASSWORD", "PGPASSWORD")
REQUIRED = re.compile(r"\$\{[A-Z_]+:\?.+\}")


def test_the_image_runs_the_http_door_as_an_ordinary_user(dockerfile: "Dockerfile") -> None:
    user = dockerfile.last("USER")
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)
    assert dockerfile.words("ENTRYPOINT") == ["civitai-engagement"]
    assert " ".join(dockerfile.words("CMD")) == "serve --transport http --host 0.0.0.0 --port 8000"
    assert dockerfile.last("EXPOSE") == "8000"


def test_the_base_is_named_once_with_its_full_version(dockerfile: "Dockerfile") -> None:
    assert {value.split()[0] for value in dockerfile.all("FROM")} == {"${PYTHON_IMAGE}"}
    named = [value for value in dockerfile.all("ARG") if value.startswith("PYTHON_IMAGE=")]
    assert len(named) == 1
    assert re.fullmatch(r"PYTHON_IMAGE=python:3\.\d+\.\d+-slim-\w+", named[0])


def test_a_change_of_the_program_leaves_the_layer_of_its_dependencies(dockerfile: "Dockerfile") -> None:
    steps = [(word, value) for word, value in dockerfile.stages[-1] if word in {"COPY", "RUN"}]
    (wanted,) = [place for place, (_, value) in enumerate(steps) if "--requirement" in value]
    (program,) = [place for place, (_, value) in enumerate(steps) if ".whl" in value]
    assert wanted < program
    assert not [value for word, value in steps[:wanted] if "src" in value.split() or "from=build" in value]
    assert "--mount=type=cache" in steps[wanted][1]


def test_what_is_installed_besides_the_program_is_what_it_declares(
    dockerfile: "Dockerfile", root: Path, tmp_path: Path
) -> None:
    shutil.copy(root / "pyproject.toml", tmp_path)
    (listing,) = [value for value in dockerfile.all("RUN") if value.startswith("[")]
    _, flag, program = json.loads(listing)
    subprocess.run([sys.executable, flag, program], cwd=tmp_path, check=True)
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    extras = [line for name in ("charts", "parquet", "why") for line in project["optional-dependencies"][name]]
    assert (tmp_path / "requirements.txt").read_text().splitlines() == project["dependencies"] + extras


def test_the_health_of_the_image_is_asked_without_other_programs(dockerfile: "Dockerfile") -> None:
    python, flag, program = dockerfile.words("HEALTHCHECK")
    assert (python, flag) == ("python", "-c")
    assert "/live" in program
    ast.parse(program)


def test_what_is_copied_into_the_image_exists_and_reaches_the_builder(dockerfile: "Dockerfile", root: Path) -> None:
    copies = [value.split()[:-1] for value in dockerfile.all("COPY") if not value.startswith("--from")]
    copied = {name for names in copies for name in names}
    rules = (root / ".dockerignore").read_text().split("\n")
    let_in = {rule[1:] for rule in rules if rule.startswith("!")}
    assert "*" in rules
    assert {name for name in copied if not (root / name).exists()} == set()
    assert let_in == copied


def test_no_secret_reaches_the_builder(root: Path) -> None:
    let_in = [rule[1:] for rule in (root / ".dockerignore").read_text().split("\n") if rule.startswith("!")]
    assert not any(fnmatch(name, rule) for rule in let_in for name in (".env", ".git", ".venv"))


def test_compose_refuses_to_start_without_the_secrets_and_holds_none(compose: dict[str, Any]) -> None:
    given = {
        name: value
        for service in compose["services"].values()
        for name, value in service.get("environment", {}).items()
        if name in SECRETS
    }
    assert set(given) == set(SECRETS)
    assert [name for name, value in given.items() if not REQUIRED.fullmatch(value)] == []


def test_every_variable_compose_asks_for_is_in_the_example(root: Path) -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+)", (root / "docker-compose.yml").read_text()))
    assert asked - set(re.findall(r"^#? ?([A-Z_]+)=", (root / ".env.example").read_text(), re.MULTILINE)) == set()


def test_compose_sets_only_settings_that_exist(compose: dict[str, Any]) -> None:
    settings = {f"CIVITAI_ENGAGEMENT_{name.upper()}" for name in Settings.model_fields} | {"DATABASE_URL", "PGPASSWORD"}
    assert set(compose["services"]["server"]["environment"]) <= settings


def test_compose_publishes_on_loopback_only_and_on_ports_of_choice(compose: dict[str, Any]) -> None:
    published = {name: one["ports"] for name, one in compose["services"].items() if "ports" in one}
    assert published["server"] == ["127.0.0.1:${PORT:-8000}:8000"]
    assert not [port for ports in published.values() for port in ports if not port.startswith("127.0.0.1:")]


@pytest.mark.parametrize("name", ["server", "postgres", "prometheus", "grafana"])
def test_what_compose_runs_has_limits_of_its_log_and_its_memory(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}
    assert service["deploy"]["resources"]["limits"]["memory"]


def test_the_needed_version_of_compose_is_said(root: Path) -> None:
    assert all("2.24" in (root / name).read_text() for name in ("docker-compose.yml", "docs/docker.md"))


def test_the_metrics_come_with_what_their_profile_mounts(compose: dict[str, Any], root: Path) -> None:
    services = [compose["services"][name] for name in ("prometheus", "grafana")]
    mounted = [volume.split(":")[0] for one in services for volume in one["volumes"]]
    files = [root / one for one in mounted if one.startswith("./")]
    assert [one for one in files if not one.is_file()] == []
    assert all(compose["services"][name]["profiles"] == ["metrics"] for name in ("prometheus", "grafana"))
    source = Path(str(metrics.__file__)).read_text()
    told = {f"civitai_engagement_{name}" for name in re.findall(r'_(?:plain|labelled)\(\s*"(\w+)"', source)}
    for file in (root / "monitoring" / "rules.yml", root / "monitoring" / "dashboard.json"):
        named = set(re.findall(r"civitai_engagement_\w+", file.read_text()))
        assert named <= told, file


def test_prometheus_calls_the_server_by_a_name_it_answers_to(compose: dict[str, Any], root: Path) -> None:
    scraped = yaml.safe_load((root / "monitoring" / "prometheus.yml").read_text())["scrape_configs"][0]
    ((target,),) = (one["targets"] for one in scraped["static_configs"])
    host = target.partition(":")[0]
    assert host in compose["services"]
    assert host in compose["services"][host]["environment"]["CIVITAI_ENGAGEMENT_ALLOWED_HOSTS"].split(",")
    secret = Path(scraped["authorization"]["credentials_file"]).name
    assert compose["secrets"][secret] == {"environment": "CIVITAI_ENGAGEMENT_TOKEN"}


def test_the_server_waits_for_a_healthy_database_that_keeps_its_data(compose: dict[str, Any]) -> None:
    server, postgres = compose["services"]["server"], compose["services"]["postgres"]
    assert server["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert postgres["healthcheck"]["test"][:2] == ["CMD", "pg_isready"]
    # Since version 18 the image keeps its data one folder deeper and refuses the old place.
    assert postgres["image"] == "postgres:18"
    assert [volume.split(":")[1] for volume in postgres["volumes"]] == ["/var/lib/postgresql"]
    assert {volume.split(":")[0] for volume in postgres["volumes"]} <= set(compose["volumes"])
    assert {service["restart"] for service in (server, postgres)} == {"unless-stopped"}


def test_the_url_names_the_service_user_and_database_of_compose(compose: dict[str, Any]) -> None:
    postgres = compose["services"]["postgres"]["environment"]
    url = f"postgresql://{postgres['POSTGRES_USER']}@postgres:5432/{postgres['POSTGRES_DB']}"
    assert compose["services"]["server"]["environment"]["DATABASE_URL"] == url


def test_without_its_profile_nothing_of_airflow_is_started_nor_asked_for(compose: dict[str, Any], root: Path) -> None:
    services = compose["services"]
    of_airflow = {name for name in services if name.startswith("airflow-")}
    assert of_airflow == {
        "airflow-database", "airflow-init", "airflow-api", "airflow-scheduler", "airflow-dag-processor"
    }  # fmt: skip
    assert {name for name, one in services.items() if "airflow" in one.get("profiles", [])} == of_airflow
    # Compose reads what is required for all services, whatever the profile.
    assert not re.search(r"\$\{AIRFLOW_[A-Z_]+:?\?", (root / "docker-compose.yml").read_text())


def test_airflow_s_processes_share_their_secrets_the_dags_and_one_image_and_say_that_they_are_well(
    compose: dict[str, Any],
) -> None:
    long_lived = [compose["services"][f"airflow-{name}"] for name in ("api", "scheduler", "dag-processor")]
    for secret in ("AIRFLOW__API_AUTH__JWT_SECRET", "AIRFLOW__CORE__FERNET_KEY", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"):
        assert len({one["environment"][secret] for one in long_lived}) == 1
    assert {one["build"]["dockerfile"] for one in long_lived} == {"docker/airflow.Dockerfile"}
    assert all("./dags:/opt/airflow/dags:ro" in one["volumes"] for one in long_lived)
    assert all(one["healthcheck"]["test"] for one in long_lived)
    assert {one["environment"]["CIVITAI_ENGAGEMENT_ENGINE"] for one in long_lived} == {"airflow"}


def test_every_library_the_program_imports_is_one_it_declares(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    extras = [line for name, lines in project["optional-dependencies"].items() if name != "dev" for line in lines]
    declared = {Requirement(line).name.lower() for line in project["dependencies"] + extras}
    owners = packages_distributions()
    imported = {name for path in (root / "src").rglob("*.py") for name in imports(path)} - sys.stdlib_module_names
    undeclared = {
        name
        for name in imported - {"civitai_engagement"}
        if not declared & {owner.lower().replace("_", "-") for owner in owners.get(name, [])}
    }
    assert undeclared == set()


def imports(path: Path) -> set[str]:
    """The top-level names a module imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found
