select min(at) as at from (
  select min(wake_at) as at from operation indexed by operation_wake where status = 'queued' and wake_at is not null
  union all
  select min(not_after) from operation indexed by operation_expires
  where status = 'queued' and not_after is not null and started_at is null
)
