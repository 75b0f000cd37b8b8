-- One that never began has nothing to go back on.
update operation
set status = $status, reason = $reason, error = $error, cancel_by = $cancel_by, waiting_for = null,
    waiting_since = null, wake_at = null, ended_at = $ended_at
where id = $id and status = 'queued' and started_at is null
returning id
