update operation
set cancel_by = coalesce(cancel_by, $by),
    -- It takes the way of failure now, whatever it waited for.
    status = iif(status = 'interrupted', 'queued', status),
    waiting_for = null, waiting_since = null, wake_at = null
where id = $id and status in ('queued', 'running', 'interrupted')
returning id
