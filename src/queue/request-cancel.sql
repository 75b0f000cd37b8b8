update operation set cancel_by = coalesce(cancel_by, $by)
where id = $id and status in ('queued', 'running', 'interrupted')
