insert into step (
  operation, sequence, key, name, step_type, phase, parent, attempt, token, intent, status, result, started_at, ended_at
)
select $operation, coalesce(max(sequence), 0) + 1, $key, $name, $step_type, $phase, $parent, $attempt, $token, '{}', 'skipped',
  $result, $now, $now
from step where operation = $operation
