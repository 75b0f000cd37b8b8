-- Each half is one walk along the index, which the planner does not see by itself.
select min(10000,
  (select count(*) from (
    select 1 from operation indexed by operation_queued
    where status = 'queued' and parent is null and priority > $priority limit 10000))
  + (select count(*) from (
    select 1 from operation indexed by operation_queued
    where status = 'queued' and parent is null and priority = $priority and sequence < $sequence limit 10000))
) as count
