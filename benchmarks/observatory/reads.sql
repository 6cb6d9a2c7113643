-- some --
-- Choose media and their posts, all over.
select id, post_id from images order by md5(id::text) limit :count

-- recorded --
-- Choose recorded media and their posts, all over.
select image_id as id, post_id from assets order by md5(image_id::text) limit 200

-- creators --
-- Name watched creators, those with most media first.
select username from creators join watches using (name) where kind = 'creator' order by listed desc, name limit 20

-- newest --
-- Give the newest posts of creators that are old enough, of each their last.
select max(post_id) as post_id
from (
    select username, post_id, row_number() over (partition by username order by published_at desc) as place
    from images
    where username = any(:creators::text[]) and published_at < :until
) as newest
where place = 1
group by username
