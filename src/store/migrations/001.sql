create table meta (
  name  text primary key,
  value text not null
) strict;

create table transition (
  before text not null,
  after  text not null,
  primary key (before, after)
) strict, without rowid;

insert into transition (before, after) values
  ('queued', 'running'),
  ('queued', 'cancelled'),
  ('queued', 'failed'),
  ('running', 'success'),
  ('running', 'failed'),
  ('running', 'cancelled'),
  ('running', 'interrupted'),
  ('running', 'queued'),
  ('interrupted', 'running'),
  ('interrupted', 'failed'),
  ('interrupted', 'cancelled');

create table operation (
  sequence      integer primary key autoincrement,
  id            text not null unique,
  template      text not null check (length(template) > 0),
  name          text not null,
  type          text not null check (type in ('deploy', 'maintain', 'recovery')),
  -- The normalised text that counts, whatever happens to the file; children and scripts by name.
  template_text text not null,
  template_hash text not null,
  attached      text not null default '{}' check (json_valid(attached)),
  -- Secrets are references: {"$secret": NAME}.
  parameters    text not null default '{}' check (json_valid(parameters)),
  target        text,
  parent        text references operation (id),
  parent_step   text,
  retry_of      text references operation (id),
  idempotency_key text unique check (length(idempotency_key) <= 200),
  asked_by      text not null,
  priority      integer not null default 5 check (priority between 0 and 9),
  status        text not null default 'queued'
                check (status in ('queued', 'running', 'success', 'failed', 'cancelled', 'interrupted')),
  waiting_for   text,
  reason        text,
  error         text,
  failed_step   text,
  rollback      text not null default 'none' check (rollback in ('none', 'done', 'failed')),
  attention     text,
  cancel_by     text,
  -- Grows at every claim and never falls: an old holder can always be told apart.
  epoch         integer not null default 0,
  owner         text check (owner is null or json_valid(owner)),
  not_before    integer,
  not_after     integer,
  queued_at     integer not null,
  started_at    integer,
  ended_at      integer,
  check ((status in ('success', 'failed', 'cancelled')) = (ended_at is not null)),
  check (status <> 'running' or (owner is not null and started_at is not null))
) strict;

create index operation_ready on operation (priority desc, sequence) where status = 'queued';
create index operation_live on operation (status, sequence) where status in ('running', 'interrupted');
create index operation_parent on operation (parent) where parent is not null;

create trigger operation_transition before update of status on operation
when old.status <> new.status
  and not exists (select 1 from transition where before = old.status and after = new.status)
begin
  select raise(abort, 'transition not in the table');
end;

create trigger operation_ended before update on operation
when old.status in ('success', 'failed', 'cancelled') and old.attention is new.attention
begin
  select raise(abort, 'an ended operation never changes');
end;

-- One row an attempt of a step. `key` is the step's place with its loop positions.
create table step (
  operation   text not null references operation (id),
  sequence    integer not null,
  key         text not null,
  name        text not null,
  step_type   text not null,
  phase       text not null check (phase in ('steps', 'undo', 'rollback', 'notifications')),
  parent      text,
  attempt     integer not null check (attempt > 0),
  token       text not null unique,
  status      text not null default 'running'
              check (status in ('running', 'success', 'failed', 'skipped', 'unknown')),
  -- J2: the rendered command (masked), where, the time limit, before and after of state paths.
  intent      text not null check (json_valid(intent)),
  -- J3: pid, start time, boot id, group, run folder.
  handle      text check (handle is null or json_valid(handle)),
  -- J5: value, record, names set, error.
  result      text check (result is null or json_valid(result)),
  started_at  integer not null,
  ended_at    integer,
  primary key (operation, sequence),
  unique (operation, key, attempt),
  check ((status = 'running') = (ended_at is null)),
  check ((status in ('running', 'unknown')) or result is not null)
) strict;

create table event (
  operation text not null references operation (id),
  sequence  integer not null,
  at        integer not null,
  body      text not null check (json_valid(body)),
  primary key (operation, sequence)
) strict, without rowid;

-- The generation outlives every holder: tokens of a resource never fall.
create table lock (
  resource   text primary key,
  token      integer not null check (token > 0),
  operation  text,
  operator   text,
  -- What the holder calls what it does: metadata.operation.
  label      text,
  reason     text,
  held_since integer,
  ttl        integer,
  depth      integer not null default 0,
  -- Token of the step that changed it last: run again after a crash, it counts once.
  step       text,
  check ((operation is null) = (held_since is null)),
  check ((operation is null) = (depth = 0))
) strict;

create index lock_holder on lock (operation) where operation is not null;

-- What an operation's end owes the world: notifications, results, log entries. Delivered at least once.
create table owed (
  id        text primary key,
  operation text not null references operation (id),
  kind      text not null,
  body      text not null check (json_valid(body)),
  owed_at   integer not null,
  attempts  integer not null default 0,
  error     text,
  done_at   integer
) strict;

create index owed_open on owed (owed_at) where done_at is null;
