-- For an operation whose id is known: a foreground run, a child, one that is carried on.
update operation
set status = 'running', epoch = epoch + 1, owner = $owner, started_at = coalesce(started_at, $now),
    waiting_for = null, reason = null, error = null, attention = null
where id = $id and status in ('queued', 'interrupted')
returning epoch
