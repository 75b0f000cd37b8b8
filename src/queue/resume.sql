-- With all that ran within it: those wait for their parents to take them up.
with recursive family (id) as (
  select id from operation where id = $id and status = 'interrupted' and parent is null
  union all
  select operation.id from operation join family on operation.parent = family.id
)
update operation set status = 'queued', reason = 'resumed'
where id in family and status = 'interrupted'
returning id
