update operation set waiting_for = $waiting_for, waiting_since = $now
where status = 'queued' and template = $template and waiting_for is null and started_at is null and parent is null
