-- What waits for a lock, or has been put aside for its group, goes on without a person or the clock.
select 1 as one from operation
where status = 'queued' and parent is null
  and (waiting_for is null or waiting_for like 'lock:%' or waiting_for like 'group:%')
  and ($ids is null or id in (select value from json_each($ids)))
  and (started_at is not null or not exists (select 1 from pause where template = ''))
limit 1
