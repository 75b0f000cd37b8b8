with recursive above (id) as (
  select parent from operation where id = $operation
  union
  select operation.parent from operation join above on operation.id = above.id
)
select id from above where id is not null;
