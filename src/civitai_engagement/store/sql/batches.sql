-- recorded --
-- Name the posts whose media are recorded already, and whose title is not still to be asked for.
select distinct a.post_id as id
from assets as a
join posts as p using (post_id)
where a.post_id = any(:post_ids::bigint[]) and a.image_id is not null and not p.title_unread

-- strange --
-- Name the posts that nothing is known of yet: not the post, nor any of its images, nor a file that may be one of them.
select s.post_id as id
from unnest(:post_ids::bigint[], :image_ids::bigint[], :urls::text[]) as s (post_id, image_id, url)
left join posts as p on p.post_id = s.post_id
left join image_tracking as t on t.image_id = s.image_id
left join assets as a on a.image_id = s.image_id
left join assets as f on f.image_id is null and f.asset_url = s.url
group by s.post_id
having count(p.post_id) + count(t.image_id) + count(a.asset_id) + count(f.asset_id) = 0

-- add_posts --
-- Record posts that are not recorded yet, and follow them.
with added as (
    insert into posts (
        post_id, civitai_url, status, title, description, username, tags, nsfw_level, published_at, title_unread,
        created_by, recorded_at, updated_at
    )
    select
        s.post_id, s.civitai_url, s.status, s.title, s.description, s.username, s.tags, s.nsfw_level,
        s.published_at, s.title_unread, s.created_by, :now::timestamptz, :now
    from jsonb_to_recordset(:rows) as s (
        post_id bigint, civitai_url text, status text, title text, description text, username text, tags text[],
        nsfw_level integer, published_at timestamptz, title_unread boolean, created_by text
    )
    order by s.post_id
    on conflict (post_id) do nothing
    returning *
),
audited as (
    insert into audit (at, actor, kind, row_id, action, after)
    select
        :now, created_by, 'post', post_id, 'create',
        jsonb_strip_nulls(jsonb_build_object(
            'post_id', post_id, 'civitai_url', left(civitai_url, 200), 'status', status,
            'title', nullif(left(title, 200), ''), 'description', nullif(left(description, 200), '')
        ))
    from added
    order by post_id
)
insert into watches (kind, name, created_by, created_at)
select 'post', post_id::text, created_by, :now from added
on conflict do nothing

-- lock_prompts --
-- Keep others from recording the same prompts until this transaction ends, so that each text is recorded once.
select pg_advisory_xact_lock(4712, shard)
from (
    select distinct hashtext(prompt) % 64 as shard
    from generation_parameters
    where image_id = any(:ids::bigint[]) and prompt <> ''
    order by shard
) as shards

-- add_prompts --
-- Record the prompts images were generated from, each text once.
insert into prompts (content, purpose, created_by, recorded_at, updated_at)
select distinct g.prompt, 'generation', :created_by, :now::timestamptz, :now::timestamptz
from generation_parameters as g
where g.image_id = any(:ids::bigint[]) and g.prompt <> '' and not exists (
    select from prompts as p where md5(p.content) = md5(g.prompt) and p.content = g.prompt
)

-- add_assets --
-- Record the media of strange posts as assets, each with the prompt it was generated from.
insert into assets (
    asset_type, asset_source, asset_url, image_id, post_id, input_prompt_id, created_by, recorded_at, updated_at
)
select
    s.type, 'generated', s.url, s.image_id, s.post_id,
    case when g.prompt <> '' then (
        select min(p.prompt_id) from prompts as p where md5(p.content) = md5(g.prompt) and p.content = g.prompt
    ) end,
    :created_by, :now::timestamptz, :now
from unnest(:ids::bigint[], :types::text[], :urls::text[], :post_ids::bigint[]) with ordinality
    as s (image_id, type, url, post_id, place)
left join generation_parameters as g on g.image_id = s.image_id
order by s.place
