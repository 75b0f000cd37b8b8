-- Where an operation works: every name and address of each host, as a JSON list; "*" is any host.
alter table operation add column hosts text not null default '["*"]' check (json_valid(hosts));

create index operation_begun on operation (sequence)
where started_at is not null and ended_at is null and status <> 'interrupted' and parent is null;
create index operation_alone on operation (sequence)
where exclusive = 1 and ended_at is null and status <> 'interrupted' and parent is null;
