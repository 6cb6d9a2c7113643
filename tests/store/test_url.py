"""URLs of databases as libpq reads them, as Java, Prisma and others write them, and as vendors print them."""

import re
from pathlib import Path
from typing import Any

import pytest

from civitai_engagement.errors import BadSetup
from civitai_engagement.store.connecting import where
from civitai_engagement.store.parameters import CONNECT_SECONDS, PASSED_OVER, Demand, demand_of
from civitai_engagement.store.url import Destination, schema_of

SETTING = "DATABASE_URL"


def read(url: str) -> Destination:
    return Destination.read(url, SETTING)


def demand(query: str) -> Demand:
    return demand_of(read(f"postgresql://me@db.example/shop?{query}"), SETTING)


@pytest.mark.parametrize(
    ("url", "hosts", "user", "password", "database"),
    [
        ("postgresql://", (), None, None, None),
        ("postgres://localhost", (("localhost", None),), None, None, None),
        ("postgresql://localhost:5433/", (("localhost", 5433),), None, None, None),
        ("postgresql://me@localhost/shop", (("localhost", None),), "me", None, "shop"),
        ("postgresql://me:@localhost/shop", (("localhost", None),), "me", None, "shop"),
        ("postgresql://m%40e:p%23%2F%3F%40%25@h/my%20shop", (("h", None),), "m@e", "p#/?@%", "my shop"),
        (
            "postgresql://postgres.ref:pass+word@h:6543/postgres",
            (("h", 6543),),
            "postgres.ref",
            "pass+word",
            "postgres",
        ),
        ("postgresql://postgres:[YOUR-PASSWORD]@h:1/x", (("h", 1),), "postgres", "[YOUR-PASSWORD]", "x"),
        ("postgresql://a:1,b,c:3/shop", (("a", 1), ("b", None), ("c", 3)), None, None, "shop"),
        ("postgresql://a,b/shop?port=6", (("a", 6), ("b", 6)), None, None, "shop"),
        ("postgresql://a,b/shop?port=6,7", (("a", 6), ("b", 7)), None, None, "shop"),
        ("postgresql:///shop?host=a,b&port=6,7", (("a", 6), ("b", 7)), None, None, "shop"),
        ("postgresql://[2001:db8::1]:7/shop", (("2001:db8::1", 7),), None, None, "shop"),
        ("postgresql://a,[::1]:7/shop", (("a", None), ("::1", 7)), None, None, "shop"),
        ("postgresql:///shop?host=[::1]", (("::1", None),), None, None, "shop"),
        ("postgresql:///shop?host=/run/postgresql", (("/run/postgresql", None),), None, None, "shop"),
        ("postgresql://me@/shop?host=/tmp/a:b&port=5433", (("/tmp/a:b", 5433),), "me", None, "shop"),
        ("postgresql://me@%2Frun%2Fpostgresql/shop", (("/run/postgresql", None),), "me", None, "shop"),
        ("postgresql://%2Fvar%2Flib:5433/shop", (("/var/lib", 5433),), None, None, "shop"),
        ("postgresql://:5433/shop", (("", 5433),), None, None, "shop"),
        ("postgresql:///?user=me&password=a+b%26c&dbname=shop", (), "me", "a+b&c", "shop"),
        ("postgresql+asyncpg://me@h/shop", (("h", None),), "me", None, "shop"),
        ("postgresql+psycopg2://me@h/shop", (("h", None),), "me", None, "shop"),
        ("jdbc:postgresql://h:1/shop?user=me&password=p%40", (("h", 1),), "me", "p@", "shop"),
        (" postgres://me:p@h/shop\n", (("h", None),), "me", "p", "shop"),
        ("psql 'postgresql://me:p@h/shop'", (("h", None),), "me", "p", "shop"),
        ('"postgres://h/shop"', (("h", None),), None, None, "shop"),
        ("host=h port=1 dbname='my \\'shop' user=me password=a\\ b", (("h", 1),), "me", "a b", "my 'shop"),
        ("dbname = shop", (), None, None, "shop"),
    ],
)
def test_all_forms_of_libpq_and_those_of_others_are_read(
    url: str, hosts: tuple[Any, ...], user: str | None, password: str | None, database: str | None
) -> None:
    found = read(url)
    assert (found.hosts, found.user, found.password, found.database) == (hosts, user, password, database)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "just words",
        "mysql://me:hush@h/shop",
        "postgresql:/me:hush@h/shop",
        "postgresql://me:hush#more@h/shop",
        "postgresql://me:11/hush@h/shop",
        "postgresql://me:11?hush=1@h/shop",
        "postgresql://me:hush@more@h/shop",
        "postgresql://me:hush@[::1/shop",
        "postgresql://me:hush@::1/shop",
        "postgresql://me:hush@h/shop?sslmode",
        "postgresql://me:hu%00sh@h/shop",
        "password=hush host=h port",
        "prisma+postgres://accelerate.prisma-data.net/?api_key=hush",
    ],
)
def test_what_is_no_url_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(BadSetup, match=r"^DATABASE_URL cannot be read\. Write postgresql://") as raised:
        read(url)
    assert "hush" not in str(raised.value)
    assert where(url) == "The database"


@pytest.mark.parametrize("port", ["0", "65536", "99999999999", "-1", "port", "٣"])
@pytest.mark.parametrize("url", ["postgresql://me:hush@a,h/x?port={}", "host=h port={}"])
def test_a_port_that_is_none_is_said(url: str, port: str) -> None:
    with pytest.raises(BadSetup, match="names a port that is none. Write one from 1 to 65535"):
        read(url.format(port))


def test_hosts_and_ports_must_match() -> None:
    with pytest.raises(BadSetup, match="DATABASE_URL names 2 hosts and 3 ports"):
        read("postgresql://a,b/shop?port=1,2,3")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://me:hush@a:1,b/shop", "The database at a:1, b:5432"),
        ("postgresql://me:hush@[::1]/shop", "The database at [::1]:5432"),
        ("postgresql://me:hush@%2Frun/shop", "The database"),
        ("host=h password=hush", "The database at h:5432"),
    ],
)
def test_servers_are_named_without_who_may_enter(url: str, said: str) -> None:
    assert where(url) == said
    assert "hush" not in repr(read(url))


def test_what_only_others_understand_is_passed_over() -> None:
    made = demand("&".join(f"{name}=1" for name in sorted(PASSED_OVER)))
    assert made == demand("")


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("sslmode=require", {"sslmode": "require"}),
        ("sslmode=Verify-Full", {"sslmode": "verify-full"}),
        ("sslmode=no-verify", {"sslmode": "require"}),
        ("ssl=true", {"sslmode": "require"}),
        ("ssl=true&sslmode=verify-full", {"sslmode": "verify-full"}),
        ("ssl=verify-full", {"sslmode": "verify-full"}),
        ("ssl=false", {}),
        ("sslmode=&passfile=/x", {"passfile": "/x"}),
        ("service=shop&krbsrvname=pg", {"service": "shop", "krbsrvname": "pg"}),
        ("kerberosServerName=pg", {"krbsrvname": "pg"}),
        ("sslnegotiation=direct&ssl=true", {"sslmode": "require", "sslnegotiation": "direct"}),
        ("channel_binding=prefer&gssencmode=disable&sslcertmode=allow&replication=false&gssEncMode=prefer", {}),
    ],
)
def test_what_the_driver_reads_reaches_it_under_its_own_name(query: str, asked: dict[str, str]) -> None:
    assert demand(query).driver == asked


@pytest.mark.parametrize(
    ("query", "server"),
    [
        ("application_name=my%20app", {"application_name": "my app"}),
        ("ApplicationName=mine", {"application_name": "mine"}),
        ("options=-c%20statement_timeout%3D9s", {"options": "-c statement_timeout=9s"}),
        ("options=endpoint%3Dep-x", {"options": "endpoint=ep-x"}),
        ("search_path=a,b&statement_timeout=5s", {"search_path": "a,b", "statement_timeout": "5s"}),
    ],
)
def test_what_the_server_knows_goes_to_it(query: str, server: dict[str, str]) -> None:
    assert demand(query).server == {"application_name": "civitai-engagement"} | server


@pytest.mark.parametrize(
    ("query", "seconds"),
    [
        ("", CONNECT_SECONDS),
        ("connect_timeout=15", 15),
        ("connect_timeout=0", CONNECT_SECONDS),
        ("connect_timeout=-1", CONNECT_SECONDS),
        ("loginTimeout=3", 3),
        ("connectTimeout=2.5", 2.5),
    ],
)
def test_connecting_takes_as_long_as_the_url_says(query: str, seconds: float) -> None:
    assert demand(query).seconds == seconds


@pytest.mark.parametrize(
    ("query", "sought"),
    [
        ("", None),
        ("target_session_attrs=read-write", "read-write"),
        ("targetServerType=primary", "primary"),
        ("targetServerType=master", "primary"),
        ("targetServerType=preferSecondary", "prefer-standby"),
    ],
)
def test_which_server_is_sought_is_read(query: str, sought: str | None) -> None:
    assert demand(query).sought == sought


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("connect_timeout=abc", "DATABASE_URL: connect_timeout is no number of seconds."),
        ("connect_timeout=nan", "DATABASE_URL: connect_timeout is no number of seconds."),
        ("loginTimeout=10s", "DATABASE_URL: connect_timeout is no number of seconds."),
        ("sslmode=parse", "DATABASE_URL cannot be used: `sslmode` parameter must be one of: disable, allow, prefer"),
        ("ssl=strict", "DATABASE_URL cannot be used: `sslmode` parameter must be one of: disable"),
        ("target_session_attrs=leader", "`target_session_attrs` parameter must be one of: any, read-write"),
        ("sslnegotiation=never", "`sslnegotiation` parameter must be one of: postgres, direct"),
        ("ssl_min_protocol_version=SSLv3", "`ssl_min_protocol_version` parameter must be one of: TLSv1, TLSv1.1"),
        ("channel_binding=require", "asks for channel_binding=require, which the driver of this program cannot do."),
        ("channelBinding=require", "asks for channel_binding=require, which the driver of this program cannot do."),
        ("gssencmode=require", "asks for gssencmode=require, which the driver of this program cannot do."),
        ("sslcertmode=require", "asks for sslcertmode=require, which the driver of this program cannot do."),
        ("hostaddr=10.0.0.1", "asks for hostaddr, which the driver of this program cannot do. Write the address as"),
        ("require_auth=scram-sha-256", "asks for require_auth, which the driver of this program cannot do."),
        ("requirepeer=postgres", "asks for requirepeer, which the driver of this program cannot do."),
        ("replication=database", "asks for replication, which the driver of this program cannot do."),
        ("sslfactory=com.example.Mine", "asks for sslfactory, which the driver of this program cannot do."),
        ("sslnegotiation=direct&sslmode=prefer", "DATABASE_URL: sslnegotiation=direct asks for sslmode=require."),
        ("sslrootcert=system&sslmode=require", "DATABASE_URL: sslrootcert=system asks for sslmode=verify-full."),
    ],
)
def test_what_cannot_be_done_is_named_and_not_dropped(query: str, said: str) -> None:
    with pytest.raises(BadSetup, match=re.escape(said)):
        demand(query)


@pytest.mark.parametrize("name", ["sslrootcert", "sslcrl", "sslcert", "sslkey"])
def test_a_file_that_is_not_there_or_holds_something_else_is_named(name: str, tmp_path: Path) -> None:
    missing, empty = tmp_path / "missing.pem", tmp_path / "empty.pem"
    empty.write_text("no certificate")
    for mode in ("require", "verify-full"):
        with pytest.raises(BadSetup, match=f"DATABASE_URL: {name} names {missing}: No such file or directory"):
            demand(f"sslmode={mode}&{name}={missing}")
    with pytest.raises(BadSetup, match=f"DATABASE_URL: {name} names {tmp_path}: Is a directory"):
        demand(f"sslmode=verify-full&{name}={tmp_path}")
    if name != "sslkey":
        with pytest.raises(BadSetup, match=f"DATABASE_URL: {name} names {empty}, which is none we can use"):
            demand(f"sslmode=verify-full&{name}={empty}")
    assert demand(f"sslmode=prefer&{name}={missing}").driver[name] == str(missing)  # as in libpq: not looked at


def test_the_authorities_of_this_machine_can_be_asked_for() -> None:
    for query in ("sslrootcert=system", "sslmode=verify-full&sslrootcert=system"):
        made = demand(query)
        assert made.context
        assert made.context.check_hostname
        assert made.options == {"dsn": None, "ssl": made.context}


@pytest.mark.parametrize(
    ("query", "schema"),
    [("schema=shop", "shop"), ("currentSchema=shop,public", "shop"), ("schema=&currentSchema=", None), ("", None)],
)
def test_the_schema_that_is_named_is_read(query: str, schema: str | None) -> None:
    assert schema_of(f"postgresql://h/x?{query}", SETTING) == schema
