-- Shared locks under which an operation works: its own, and those of the operations that it runs within.
with recursive above (id) as (
  select $operation
  union
  select operation.parent from operation join above on operation.id = above.id where operation.parent is not null
)
select resource from lease where status in ('held', 'leaving') and owner in (select id from above) order by resource;
