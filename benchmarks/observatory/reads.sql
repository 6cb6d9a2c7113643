-- some --
-- Choose media and their posts, all over.
select id, post_id from images order by md5(id::text) limit :count

-- movers --
-- Give the media that gained most since an instant.
select image_id, sum(like_gain + heart_gain + laugh_gain + cry_gain + comment_gain) as gained
from image_stats_history
where collected_at > :since
group by image_id
order by gained desc, image_id
limit 100

-- recorded --
-- Choose recorded media and their posts, all over.
select image_id as id, post_id from assets order by md5(image_id::text) limit 50

-- creators --
-- Name watched creators, those with most media first.
select username from creators join watches using (name) where kind = 'creator' order by listed desc, name limit 20
