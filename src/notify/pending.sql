select id, body from owed
where done_at is null and kind = 'notification'
order by owed_at, id;
