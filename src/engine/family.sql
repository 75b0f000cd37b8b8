-- An operation and those that it runs within.
with recursive above (id) as (
  select $operation
  union
  select operation.parent from operation join above on operation.id = above.id where operation.parent is not null
)
select id from above;
