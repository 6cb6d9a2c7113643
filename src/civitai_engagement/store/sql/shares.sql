-- of_creator --
-- Sum up the media of a creator by type and base model; those whose counters are not known are told apart.
select
    i.type,
    i.base_model,
    count(*)::integer as media,
    count(t.like_count)::integer as known,
    sum(t.like_count) as like_count,
    sum(t.heart_count) as heart_count,
    sum(t.laugh_count) as laugh_count,
    sum(t.cry_count) as cry_count,
    sum(t.dislike_count) as dislike_count,
    sum(t.comment_count) as comment_count,
    min(t.as_of) filter (where t.state <> 'missing') as as_of
from images as i
left join image_tracking as t on t.image_id = i.id
where lower(i.username) = lower(:creator)
group by i.type, i.base_model
order by i.type, i.base_model nulls last

-- posts_of_creator --
-- Count the known posts of a creator, whose name is that of the newest media.
select
    count(distinct post_id)::integer as posts,
    (array_agg(username order by id desc))[1] as username
from images
where lower(username) = lower(:creator)

-- newest_of_creator --
-- Name the newest media of a creator, newest first: so many of each type, and of each base model.
select id, type, base_model
from (
    select
        id, type, base_model, published_at,
        row_number() over (partition by type order by published_at desc nulls last, id desc) as of_type,
        row_number() over (partition by base_model order by published_at desc nulls last, id desc) as of_base_model
    from images
    where lower(username) = lower(:creator)
) as one
where of_type <= :each or of_base_model <= :each
order by published_at desc nulls last, id desc
