select * from operation indexed by operation_status
where status = $status and parent is null
  and ($template is null or template = $template or name = $template)
  and ($before is null or sequence < $before)
order by sequence desc
limit $limit
