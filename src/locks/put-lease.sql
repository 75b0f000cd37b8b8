insert into lease (resource, status, owner, oid, record, ours) values ($resource, $status, $owner, $oid, $record, $ours)
on conflict (resource) do update
set status = excluded.status, owner = excluded.owner, oid = excluded.oid, record = excluded.record, ours = excluded.ours;
