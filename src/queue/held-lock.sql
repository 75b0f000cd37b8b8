select 1 as one from lock where resource = $resource and operation is not null
union all
select 1 from lease where resource = $resource and status = 'away';
