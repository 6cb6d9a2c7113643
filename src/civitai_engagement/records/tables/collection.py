"""How it is collected: what is watched, the runs, and who leads them."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Double,
    Identity,
    Index,
    Integer,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import SQLModel

from civitai_engagement.records.tables.spelling import column, instant


class Watch(SQLModel, table=True):
    """A creator (by lower-case name) or a post (by id) to follow."""

    __tablename__ = "watches"
    __table_args__: ClassVar[Any] = (CheckConstraint("kind in ('creator', 'post')", name="watches_kind"),)

    kind: str = column(Text, key=True)
    name: str = column(Text, key=True)
    created_by: str = column(Text, null=False)
    created_at: datetime = instant(null=False)
    label: str | None = column(Text)
    looked_at: datetime | None = instant()


class Run(SQLModel, table=True):
    """One run of one job for one tick: what it did, and what it could not do. `epoch` grows with each taker."""

    __tablename__ = "runs"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("job", "tick_at", name="runs_tick"),
        Index("runs_started_at", "started_at"),
    )

    run_id: int | None = column(BigInteger, Identity(always=True), key=True)
    job: str = column(Text, null=False)
    tick_at: datetime = instant(null=False)
    epoch: int = column(Integer, null=False, default="1")
    holder: str = column(Text, null=False)
    started_at: datetime = instant(null=False)
    finished_at: datetime | None = instant()
    planned: int = column(Integer, null=False, default="0")
    observed: int = column(Integer, null=False, default="0")
    unchanged: int = column(Integer, null=False, default="0")
    missing: int = column(Integer, null=False, default="0")
    suspect: int = column(Integer, null=False, default="0")
    rejected: int = column(Integer, null=False, default="0")
    compared: int = column(Integer, null=False, default="0")
    fell: int = column(Integer, null=False, default="0")
    requests: int = column(Integer, null=False, default="0")
    retries: int = column(Integer, null=False, default="0")
    seconds: float | None = column(Double)
    coverage: dict[str, Any] = column(JSONB, null=False, default="'{}'")
    error: str | None = column(Text)


class ApiBudget(SQLModel, table=True):
    """When the next request to Civitai may go out, for all processes together."""

    __tablename__ = "api_budget"

    lane: str = column(Text, key=True)
    next_at: datetime = instant(null=False)


class Leadership(SQLModel, table=True):
    """Which process runs the clock, for people to read; the lock itself is an advisory one."""

    __tablename__ = "leadership"
    __table_args__: ClassVar[Any] = (CheckConstraint("is_only", name="leadership_one"),)

    is_only: bool = column(Boolean, key=True, default="true")
    holder: str = column(Text, null=False)
    since: datetime = instant(null=False)
    seen_at: datetime = instant(null=False)


class ChosenEngine(SQLModel, table=True):
    """What starts the jobs, for all processes that are not told so themselves; who said so, and when it began."""

    __tablename__ = "chosen_engine"
    __table_args__: ClassVar[Any] = (
        CheckConstraint("is_only", name="chosen_engine_one"),
        CheckConstraint("engine in ('apscheduler', 'airflow', 'none')", name="chosen_engine_known"),
    )

    is_only: bool = column(Boolean, key=True, default="true")
    engine: str = column(Text, null=False)
    said_by: str = column(Text, null=False)
    since: datetime = instant(null=False)


class Creator(SQLModel, table=True):
    """How many media Civitai lists of a creator (`name` is lower case), as last counted; null where it lists none.

    `renamed_to` is the name that media of a watched creator bear by now.
    """

    __tablename__ = "creators"
    __table_args__: ClassVar[Any] = (CheckConstraint("name = lower(name)", name="creators_name"),)

    name: str = column(Text, key=True)
    username: str = column(Text, null=False)
    listed: int | None = column(Integer)
    listed_at: datetime | None = instant()
    renamed_to: str | None = column(Text)


class Alarm(SQLModel, table=True):
    """Something wrong with the collection itself, since when, and when somebody was told."""

    __tablename__ = "alarms"

    name: str = column(Text, key=True)
    since: datetime = instant(null=False)
    seen_at: datetime = instant(null=False)
    detail: str = column(Text, null=False)
    announced_at: datetime | None = instant()
    recovered_at: datetime | None = instant()
