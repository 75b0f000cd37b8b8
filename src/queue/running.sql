select count(*) as running from operation
where status = 'running' and parent is null
