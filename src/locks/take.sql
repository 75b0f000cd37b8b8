insert into lock (resource, token, operation, operator, label, reason, held_since, ttl, depth, step)
values (
  $resource, 1, $operation,
  coalesce(nullif($operator, ''), (select asked_by from operation where id = $operation), $operation),
  $label, $reason, $now, $ttl, 1, $step
)
-- The token grows, whoever had it before.
on conflict (resource) do update
set token = lock.token + 1, operation = excluded.operation, operator = excluded.operator, label = excluded.label,
    reason = excluded.reason, held_since = excluded.held_since, ttl = excluded.ttl, depth = 1, step = excluded.step
returning token;
