-- The same among a few known ones, for who runs only its own.
select id, template, concurrency_group, exclusive, hosts, priority, sequence, queued_at, started_at from operation
where id in (select value from json_each($ids)) and +status = 'queued' and waiting_for is null and parent is null
order by (started_at is null), priority desc, sequence
limit $most
