select id, template, concurrency_group, exclusive, hosts, priority, sequence, queued_at, started_at
from operation indexed by operation_oldest
where status = 'queued' and waiting_for is null and parent is null
order by sequence
limit $most
