select 1 as one from operation indexed by operation_waiting
where status = 'queued' and waiting_for = $key and parent is null limit 1;
