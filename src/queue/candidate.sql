-- The planner would rather find all that are queued, and sort them.
-- What was begun comes first (it may hold locks), then the higher priority, then who came first.
select id, template, concurrency_group, exclusive, hosts, priority, sequence, queued_at, started_at
from operation indexed by operation_ready
where status = 'queued' and waiting_for is null and parent is null
order by (started_at is null), priority desc, sequence
limit $most
