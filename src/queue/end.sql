update operation
set status = $status, reason = $reason, error = $error, failed_step = $failed_step, rollback = $rollback,
    attention = nullif(concat_ws('; ', attention, $attention), ''), waiting_for = null, ended_at = $ended_at
where id = $id and epoch = $epoch and status = 'running'
returning concurrency_group
