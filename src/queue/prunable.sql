-- Ended ones that nobody refers to and that owe nothing, with all that ran within them.
with recursive family (id) as (
  select id from (
    select id from operation indexed by operation_ended
    where ended_at is not null and parent is null
      and (
        ended_at < $since
        or sequence <= (
          select sequence from operation indexed by operation_ended where ended_at is not null and parent is null
          order by sequence desc limit 1 offset $count
        )
      )
      and not exists (select 1 from operation as retry where retry.retry_of = operation.id)
      and not exists (select 1 from operation as back where back.rollback_of = operation.id)
      and not exists (select 1 from owed where owed.operation = operation.id and done_at is null)
    order by sequence
    limit $limit
  )
  union all
  select operation.id from operation join family on operation.parent = family.id
)
select id from family
