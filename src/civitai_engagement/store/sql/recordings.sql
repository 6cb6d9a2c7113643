-- add_prompt --
-- Record a prompt.
insert into prompts (
    content, llm_model_provider, llm_model, purpose, metadata, on_behalf_of, created_by, recorded_at, updated_at
)
values (
    :content, :llm_model_provider, :llm_model, :purpose, :metadata, :on_behalf_of, :created_by, :now::timestamptz, :now
)
returning prompt_id as id

-- take_prompt --
-- Give a prompt, and keep others from changing it until this transaction ends.
select prompts.*, prompt_id as id from prompts where prompt_id = :id for update

-- remove_prompt --
-- Delete a prompt.
delete from prompts where prompt_id = :id

-- add_asset --
-- Record an asset.
insert into assets (
    asset_type, asset_source, asset_url, sha256sum, image_id, post_id, input_prompt_id, output_prompt_id,
    input_asset_ids, metadata, on_behalf_of, created_by, recorded_at, updated_at
)
values (
    :asset_type, :asset_source, :asset_url, :sha256sum, :image_id, :post_id, :input_prompt_id, :output_prompt_id,
    :input_asset_ids::bigint[], :metadata, :on_behalf_of, :created_by, :now::timestamptz, :now
)
returning asset_id as id

-- take_asset --
-- Give an asset, and keep others from changing it until this transaction ends.
select assets.*, asset_id as id from assets where asset_id = :id for update

-- rewrite_asset --
-- Change what an asset says.
update assets set
    asset_type = :asset_type,
    asset_source = :asset_source,
    asset_url = :asset_url,
    sha256sum = :sha256sum,
    image_id = :image_id,
    post_id = :post_id,
    input_prompt_id = :input_prompt_id,
    output_prompt_id = :output_prompt_id,
    input_asset_ids = :input_asset_ids::bigint[],
    metadata = :metadata,
    on_behalf_of = :on_behalf_of,
    updated_at = :now
where asset_id = :id

-- remove_asset --
-- Delete an asset.
delete from assets where asset_id = :id

-- add_post --
-- Record a post by hand; nothing where it is recorded already.
insert into posts (
    post_id, civitai_url, status, title, description, metadata, on_behalf_of, created_by, recorded_at, updated_at
)
values (
    :post_id, :civitai_url, :status, :title, :description, :metadata, :on_behalf_of, :created_by, :now::timestamptz,
    :now
)
on conflict do nothing
returning post_id as id

-- take_post --
-- Give a post, and keep others from changing it until this transaction ends.
select posts.*, post_id as id from posts where post_id = :id for update

-- rewrite_post --
-- Change what a post says.
update posts set
    civitai_url = :civitai_url,
    status = :status,
    title = :title,
    description = :description,
    metadata = :metadata,
    on_behalf_of = :on_behalf_of,
    updated_at = :now
where post_id = :id

-- remove_post --
-- Delete a post with what follows it: its watch.
with unwatched as (delete from watches where kind = 'post' and name = (:id::bigint)::text)
delete from posts where post_id = :id

-- assets_of_post --
-- Name the assets of a post.
select asset_id as id from assets where post_id = :id order by asset_id

-- images_of_post --
-- Name the Civitai images that are recorded as assets of a post.
select image_id as id from assets where post_id = :id and image_id is not null order by image_id

-- images_around_post --
-- Name the Civitai images that are of a post, or recorded as assets of it.
select i.id from images as i where i.post_id = :id
union
select a.image_id from assets as a where a.post_id = :id and a.image_id is not null
order by id

-- image_of_asset --
-- Name the Civitai image that an asset is.
select image_id as id from assets where asset_id = :id and image_id is not null

-- users_of_prompt --
-- Name the assets that a prompt went into or came out of.
select asset_id as id from assets where input_prompt_id = :id or output_prompt_id = :id order by asset_id limit 20

-- users_of_assets --
-- Name the assets, others than these, that were made from one of these. They are few: taken to be many, all assets
-- would be walked in their order.
with made as materialized (
    select asset_id as id from assets where input_asset_ids && :ids::bigint[] and input_asset_ids <> '{}'
)
select id from made where not id = any(:ids) order by id limit 20

-- missing --
-- Say which of the things referred to are not recorded, and keep the others from being deleted meanwhile.
select 'prompt' as kind, id from unnest(:prompts::bigint[]) as id
where not exists (select from prompts where prompt_id = id for key share)
union all
select 'post', id from unnest(:posts::bigint[]) as id
where not exists (select from posts where post_id = id for key share)
union all
select 'asset', id from unnest(:assets::bigint[]) as id
where not exists (select from assets where asset_id = id for key share)

-- same_file --
-- Name the assets with the same SHA-256.
select asset_id as id from assets where sha256sum = :sha256sum order by asset_id limit 20

-- asset_of_image --
-- Name the asset that a Civitai image is recorded as.
select asset_id as id from assets where image_id = :image_id

-- write_audit --
-- Keep who changed what.
insert into audit (at, actor, kind, row_id, action, before, after)
values (:at, :actor, :kind, :row_id, :action, :before, :after)

-- audited --
-- Tell what was done to a recording, newest first.
select kind, row_id as id, action, actor, at, before from audit
where kind = :kind and row_id = :row_id
order by audit_id desc

-- deleted_with --
-- Tell which assets of a post were deleted in the moment it was.
select kind, row_id as id, action, actor, at, before from audit
where kind = 'asset' and action = 'delete' and at = :at and (before ->> 'post_id')::bigint = :post_id
order by row_id

-- add_prompt_again --
-- Record a deleted prompt under the id it had.
insert into prompts (
    prompt_id, content, llm_model_provider, llm_model, purpose, metadata, on_behalf_of, created_by, recorded_at,
    updated_at
)
overriding system value
values (
    :id, :content, :llm_model_provider, :llm_model, :purpose, :metadata, :on_behalf_of, :created_by, :recorded_at,
    :updated_at
)

-- add_asset_again --
-- Record a deleted asset under the id it had.
insert into assets (
    asset_id, asset_type, asset_source, asset_url, sha256sum, image_id, post_id, input_prompt_id, output_prompt_id,
    input_asset_ids, metadata, on_behalf_of, created_by, recorded_at, updated_at
)
overriding system value
values (
    :id, :asset_type, :asset_source, :asset_url, :sha256sum, :image_id, :post_id, :input_prompt_id, :output_prompt_id,
    :input_asset_ids::bigint[], :metadata, :on_behalf_of, :created_by, :recorded_at, :updated_at
)

-- add_post_again --
-- Record a deleted post under the id it had.
insert into posts (
    post_id, civitai_url, status, title, description, metadata, on_behalf_of, created_by, recorded_at, updated_at
)
values (
    :id, :civitai_url, :status, :title, :description, :metadata, :on_behalf_of, :created_by, :recorded_at, :updated_at
)
