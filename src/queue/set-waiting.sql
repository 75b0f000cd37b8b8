update operation set waiting_for = $waiting_for, waiting_since = $now, wake_at = $wake_at
where id = $id and status = 'queued'
