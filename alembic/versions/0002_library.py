"""The library step by step: an append-only audit, full-text search over titles and prompts, and what filters need."""

from alembic import op

revision = "0002"
down_revision = "0001"

# A full-text value holds a megabyte: of a longer text its beginning is indexed, and searched.
CONTENT = "to_tsvector('simple', left(content, 50000))"
TITLE = "to_tsvector('simple', left(coalesce(title, '') || ' ' || coalesce(description, ''), 50000))"
GENERATION = "to_tsvector('simple', left(coalesce(prompt, ''), 50000))"
STATEMENTS = (
    """
    create table audit (
        audit_id bigint generated always as identity primary key,
        at timestamptz not null,
        actor text not null,
        kind text not null,
        row_id bigint not null,
        action text not null,
        before jsonb,
        after jsonb,
        constraint audit_kind check (kind in ('post', 'asset', 'prompt')),
        constraint audit_action check (action in ('create', 'update', 'delete'))
    )
    """,
    "create index audit_row on audit (kind, row_id, audit_id)",
    """
    create function refuse_change() returns trigger language plpgsql as $$
    begin
        raise exception 'the audit is append-only';
    end
    $$
    """,
    "create trigger audit_is_append_only before update or delete on audit execute function refuse_change()",
    f"create index prompts_text on prompts using gin ({CONTENT})",
    f"create index posts_text on posts using gin ({TITLE})",
    f"create index generation_parameters_text on generation_parameters using gin ({GENERATION})",
    # Each branch is answered by its own full-text index; a post without assets still has its title.
    f"""
    create function mentioning(wanted text) returns table (post_id bigint, asset_id bigint) language sql stable as $$
        select p.post_id, a.asset_id
        from posts as p
        left join assets as a on a.post_id = p.post_id
        where {TITLE} @@ websearch_to_tsquery('simple', wanted)
        union all
        select a.post_id, a.asset_id
        from prompts as p
        join assets as a on a.input_prompt_id = p.prompt_id
        where {CONTENT} @@ websearch_to_tsquery('simple', wanted)
        union all
        select a.post_id, a.asset_id
        from prompts as p
        join assets as a on a.output_prompt_id = p.prompt_id
        where {CONTENT} @@ websearch_to_tsquery('simple', wanted)
        union all
        select a.post_id, a.asset_id
        from generation_parameters as g
        join assets as a on a.image_id = g.image_id
        where {GENERATION} @@ websearch_to_tsquery('simple', wanted)
    $$
    """,  # noqa: S608 # our own words
    "create index assets_input_prompt_id on assets (input_prompt_id) where input_prompt_id is not null",
    "create index assets_output_prompt_id on assets (output_prompt_id) where output_prompt_id is not null",
    "create index assets_on_behalf_of on assets (lower(on_behalf_of)) where on_behalf_of is not null",
    "create index posts_on_behalf_of on posts (lower(on_behalf_of)) where on_behalf_of is not null",
    "create index prompts_digest on prompts (md5(content))",
)


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("drop table audit")
    op.execute("drop function refuse_change")
    op.execute("drop function mentioning")
    for index in (
        "prompts_text",
        "posts_text",
        "generation_parameters_text",
        "assets_input_prompt_id",
        "assets_output_prompt_id",
        "assets_on_behalf_of",
        "posts_on_behalf_of",
        "prompts_digest",
    ):
        op.execute(f"drop index {index}")
