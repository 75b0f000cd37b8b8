-- The most urgent ones of those who wait for the same.
update operation set waiting_for = null, waiting_since = null, wake_at = null
where sequence in (
  select sequence from operation
  where status = 'queued' and waiting_for = $waiting_for and parent is null
  order by (started_at is null), priority desc, sequence
  limit $count
)
