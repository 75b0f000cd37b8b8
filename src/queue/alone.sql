-- Who has to be alone on its hosts.
select id, name, hosts, priority, sequence, status, waiting_for, started_at from operation indexed by operation_alone
where exclusive = 1 and ended_at is null and status <> 'interrupted' and parent is null
