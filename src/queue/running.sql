select count(*) as running, coalesce(sum(exclusive), 0) as exclusive from operation
where status = 'running' and parent is null
