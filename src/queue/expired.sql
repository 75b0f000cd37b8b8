select id, not_after from operation indexed by operation_expires
where status = 'queued' and not_after is not null and not_after < $now and started_at is null
limit 100
