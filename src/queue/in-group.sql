-- One that was begun keeps its place while it waits for a lock.
select count(*) as count from operation
where concurrency_group = $group and started_at is not null and ended_at is null and status <> 'interrupted'
