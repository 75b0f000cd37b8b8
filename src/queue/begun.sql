-- What keeps its place on its hosts: one that was begun does, also while it waits for a lock.
select id, name, exclusive, hosts, status from operation indexed by operation_begun
where started_at is not null and ended_at is null and status <> 'interrupted' and parent is null
