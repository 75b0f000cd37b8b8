-- Each distinct key costs one look into the index, however many wait for it.
with recursive key (waiting_for) as (
  select min(waiting_for) from operation indexed by operation_waiting where status = 'queued' and waiting_for is not null and parent is null
  union all
  select (
    select min(waiting_for) from operation indexed by operation_waiting
    where status = 'queued' and waiting_for is not null and waiting_for > key.waiting_for and parent is null
  )
  from key where key.waiting_for is not null
)
select waiting_for from key where waiting_for is not null
