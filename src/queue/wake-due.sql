update operation indexed by operation_wake set waiting_for = null, waiting_since = null, wake_at = null
where status = 'queued' and wake_at is not null and wake_at <= $now
