"""The search for words looks through the prompts once, not twice, and reaches the assets of what it found directly."""

from alembic import op

revision = "0007"
down_revision = "0006"

TITLE = "to_tsvector('simple', left(coalesce(p.title, '') || ' ' || coalesce(p.description, ''), 50000))"
CONTENT = "to_tsvector('simple', left(p.content, 50000))"
GENERATION = "to_tsvector('simple', left(coalesce(g.prompt, ''), 50000))"
WORDS = "websearch_to_tsquery('simple', wanted)"
# Each text is answered by its own index; a post without assets still has its title.
BY_TITLE = f"""
    select p.post_id, a.asset_id
    from posts as p
    left join assets as a on a.post_id = p.post_id
    where {TITLE} @@ {WORDS}
"""  # noqa: S608 # our own words
BY_GENERATION = f"""
    select a.post_id, a.asset_id
    from generation_parameters as g
    join assets as a on a.image_id = g.image_id
    where {GENERATION} @@ {WORDS}
"""  # noqa: S608 # our own words
ONCE = f"""
    with named as materialized (select p.prompt_id from prompts as p where {CONTENT} @@ {WORDS})
    {BY_TITLE}
    union all
    select a.post_id, a.asset_id from named as p join assets as a on a.input_prompt_id = p.prompt_id
    union all
    select a.post_id, a.asset_id from named as p join assets as a on a.output_prompt_id = p.prompt_id
    union all
    {BY_GENERATION}
"""  # noqa: S608 # our own words
TWICE = f"""
    {BY_TITLE}
    union all
    select a.post_id, a.asset_id
    from prompts as p
    join assets as a on a.input_prompt_id = p.prompt_id
    where {CONTENT} @@ {WORDS}
    union all
    select a.post_id, a.asset_id
    from prompts as p
    join assets as a on a.output_prompt_id = p.prompt_id
    where {CONTENT} @@ {WORDS}
    union all
    {BY_GENERATION}
"""  # noqa: S608 # our own words
# Planned once, for any word; a table is never read as a whole, which the planner takes to be cheaper than it is.
SETTINGS = "rows 10 set plan_cache_mode = 'force_generic_plan' set enable_seqscan = off"


def _search(body: str, settings: str) -> str:
    returned = "returns table (post_id bigint, asset_id bigint) language sql stable"
    return f"create or replace function mentioning(wanted text) {returned} {settings} as $${body}$$"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute(_search(ONCE, SETTINGS))


def downgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute(_search(TWICE, f"{SETTINGS} set enable_indexscan = off"))
