"""The database: whether it is there, whether we may write, its schema, and whether anything is collected into it."""

from collections.abc import AsyncIterator

from civitai_engagement.answers.operations.collection import collection_status
from civitai_engagement.errors import EngagementError
from civitai_engagement.install.doctor.diagnosis import Diagnosis
from civitai_engagement.runtime import Runtime
from civitai_engagement.store.probing import DatabaseProbe

GRANT = (
    "As its owner: `grant insert, update, delete on all tables in schema {schema} to` the role, or use another role."
)


MISSPELT = "`civitai-engagement watches` says more; unwatch what is misspelt, and watch the name as in its profile."


async def of_database(runtime: Runtime) -> AsyncIterator[Diagnosis]:
    kind = "The embedded database" if runtime.store.is_embedded else f"The database in {runtime.store.setting}"
    try:
        seen = await runtime.store.probe()
    except EngagementError as error:
        yield Diagnosis.fault("database", error.message, error.hint or "See docs/databases.md.")
        return
    if seen is None:
        yield Diagnosis.good("database", f"{kind} is made in {runtime.settings.home} when first needed.")
        return
    yield _usable(kind, seen)
    yield _schema(runtime, seen)
    if seen.is_current:
        async for one in _collecting(runtime):
            yield one


def _usable(kind: str, seen: DatabaseProbe) -> Diagnosis:
    if not seen.may_write:
        said = f"{kind} (PostgreSQL {seen.server}) takes no writes from us: nothing is recorded or collected."
        return Diagnosis.warning("database", said, GRANT.format(schema=seen.schema))
    return Diagnosis.good("database", f"{kind} answers (PostgreSQL {seen.server}, schema {seen.schema}).")


def _schema(runtime: Runtime, seen: DatabaseProbe) -> Diagnosis:
    if seen.is_current:
        return Diagnosis.good("schema", f"The tables are of revision {seen.revision}, the newest.")
    if seen.revision is None:
        return Diagnosis.good("schema", f"Our tables are not made yet; the first start makes them ({seen.newest}).")

    async def migrate() -> str:
        return f"The schema is at {await runtime.store.revision()}."

    said = f"The tables are of revision {seen.revision}, this program's are of {seen.newest}."
    return Diagnosis.warning("schema", said, "Run `civitai-engagement migrate`; the next start does it, too.", migrate)


async def _collecting(runtime: Runtime) -> AsyncIterator[Diagnosis]:
    status = await collection_status(runtime)
    yield Diagnosis.good("engine", f"The jobs are started by {status.collection.engine.line()}.")
    for one in status.problems:
        yield Diagnosis.fault("collecting", one.reason, one.advice)
    for note in status.notes:
        if note.startswith("Watched, but"):
            yield Diagnosis.warning("creator", note.partition(". ")[0] + ".", MISSPELT)
    if status.verdict == "off":
        yield Diagnosis.warning("collecting", "Nothing keeps the clock, so no history is kept.", SERVICE)
    elif not status.problems:
        yield Diagnosis.good("collecting", status.summary)


SERVICE = "Run `civitai-engagement service install`: it observes whether an assistant is open or not."
