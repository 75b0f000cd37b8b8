update step set result = json_set(result, '$.retried', json('true'))
where operation = $operation and sequence >= $from and phase = 'steps' and result is not null
