-- What this machine knows of the locks that it shares with others. The remote has the truth; this tells what to ask it.
create table lease (
  resource text primary key,
  -- taking: asked for, and maybe had. held. leaving: to be given back. free: nobody had it when we left or looked.
  -- away: another machine has it.
  status   text not null check (status in ('taking', 'held', 'leaving', 'free', 'away')),
  -- The operation here that it is, or was, for.
  owner    text,
  -- The last transition that we made or saw: its commit and its record.
  oid      text,
  record   text check (record is null or json_valid(record)),
  -- That transition is ours: nobody need be asked before the next one is tried.
  ours     integer not null default 0 check (ours in (0, 1)),
  check ((oid is null) = (record is null)),
  check (status not in ('taking', 'held', 'leaving') or owner is not null),
  check (status not in ('held', 'away') or oid is not null)
) strict;

create index lease_ours on lease (owner) where status in ('taking', 'held', 'leaving');

-- Changes of state files, until the remote and the work tree's own history have them.
create table state_change (
  sequence   integer primary key autoincrement,
  -- Null: a person's.
  operation  text,
  -- Of the step that made it: recorded once, however often the step is run.
  token      text not null unique,
  -- Its path in the root.
  file       text not null,
  body       text not null check (json_valid(body)),
  changed_at integer not null,
  status     text not null default 'pending' check (status in ('pending', 'published', 'refused')),
  -- The commit that it is in, at the remote.
  published_in text,
  error      text,
  check ((status = 'published') = (published_in is not null))
) strict;

create index state_change_file on state_change (file, sequence) where status <> 'refused';
create index state_change_pending on state_change (sequence) where status = 'pending';
create index state_change_operation on state_change (operation) where operation is not null;

-- What was written last into a state file of the work tree, and before that, as hashes: who finds anything else there
-- knows it for a person's.
create table state_written (
  file   text primary key,
  hash   text not null,
  before text
) strict;
