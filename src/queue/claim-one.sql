-- For an operation whose id is known: found as a candidate, or a child of one that runs.
update operation
set status = 'running', epoch = epoch + 1, owner = $owner, started_at = coalesce(started_at, $now),
    waiting_for = null, waiting_since = null, wake_at = null, reason = null, error = null, attention = null
where id = $id and status in ('queued', 'interrupted')
returning *
