select * from operation indexed by operation_queued
where status = 'queued' and parent is null
  and ($template is null or template = $template or name = $template)
  and priority <= $priority and (priority < $priority or sequence > $sequence)
order by priority desc, sequence
limit $limit
