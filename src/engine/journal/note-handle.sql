update step set handle = $handle where operation = $operation and sequence = $sequence and status = 'running'
