select status from operation
where template = $template and target is $target and ended_at is not null
order by sequence desc
limit $limit
