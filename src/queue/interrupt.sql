update operation
set status = 'interrupted', reason = $reason, error = $error, failed_step = $failed_step, attention = $attention
where id = $id and epoch = $epoch and status = 'running'
returning concurrency_group
