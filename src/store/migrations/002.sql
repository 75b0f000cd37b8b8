-- The queue: what an operation waits for, what it may run beside, who paused what, how often its process died.
alter table operation add column concurrency_group text;
alter table operation add column exclusive integer not null default 0 check (exclusive in (0, 1));
-- Replaces the template's own time limit.
alter table operation add column timeout text;
-- Runs the undo steps and the rollback of that operation, which ended without them.
alter table operation add column rollback_of text;
-- JSON list of the operations whose end it waits for.
alter table operation add column after text check (after is null or json_valid(after));
alter table operation add column waiting_since integer;
-- When a waiting operation is looked at again, whether or not what it waits for has come.
alter table operation add column wake_at integer;
-- Deaths of the process in a row, in the same boot and the same attempts of steps (`death_of`).
alter table operation add column deaths integer not null default 0;
alter table operation add column death_of text;
-- The step in which it died too often: from then on it takes the way back, also when it dies on that way.
alter table operation add column crash_loop text;

insert into transition (before, after) values ('interrupted', 'queued');

drop index operation_ready;
drop index operation_live;

-- What was begun comes first: it holds locks. Nested operations are claimed by their parents alone.
create index operation_ready on operation ((started_at is null), priority desc, sequence)
where status = 'queued' and waiting_for is null and parent is null;
create index operation_oldest on operation (sequence)
where status = 'queued' and waiting_for is null and parent is null;
create index operation_waiting on operation (waiting_for, (started_at is null), priority desc, sequence)
where status = 'queued' and waiting_for is not null and parent is null;
create index operation_wake on operation (wake_at) where status = 'queued' and wake_at is not null;
create index operation_expires on operation (not_after) where status = 'queued' and not_after is not null;
create index operation_status on operation (status, sequence);
create index operation_queued on operation (priority desc, sequence) where status = 'queued' and parent is null;
create index operation_group on operation (concurrency_group)
where concurrency_group is not null and started_at is not null and ended_at is null and status <> 'interrupted';
create index operation_ended on operation (sequence) where ended_at is not null and parent is null;
create index operation_ends on operation (template, sequence) where ended_at is not null;
create index operation_attention on operation (sequence) where attention is not null;
create index operation_retry on operation (retry_of) where retry_of is not null;
create index operation_rollback on operation (rollback_of) where rollback_of is not null;
create index owed_operation on owed (operation);

drop trigger operation_ended;
create trigger operation_ended before update on operation
when old.status in ('success', 'failed', 'cancelled')
  and old.attention is new.attention and old.idempotency_key is new.idempotency_key
begin
  select raise(abort, 'an ended operation never changes');
end;

-- '' is the whole queue.
create table pause (
  template text primary key,
  by       text not null,
  since    integer not null,
  reason   text
) strict;
