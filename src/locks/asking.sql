select 1 from step where token = $step and status = 'running'
