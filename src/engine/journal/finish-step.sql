update step set status = $status, result = $result, ended_at = $now
where operation = $operation and sequence = $sequence and status = 'running'
