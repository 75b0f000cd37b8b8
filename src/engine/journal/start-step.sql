insert into step (operation, sequence, key, name, step_type, phase, parent, attempt, token, intent, started_at)
select $operation, coalesce(max(sequence), 0) + 1, $key, $name, $step_type, $phase, $parent, $attempt, $token, $intent, $now
from step where operation = $operation
returning sequence
