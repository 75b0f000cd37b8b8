select * from operation indexed by operation_oldest
where status = 'queued' and waiting_for is null and parent is null
order by sequence
limit 1
