insert into operation (
  id, template, name, type, template_text, template_hash, attached, parameters, target, concurrency_group, exclusive, hosts,
  timeout, parent, parent_step, retry_of, rollback_of, idempotency_key, asked_by, priority, waiting_for, waiting_since,
  wake_at, not_before, not_after, queued_at
) values (
  $id, $template, $name, $type, $template_text, $template_hash, $attached, $parameters, $target, $concurrency_group,
  $exclusive, $hosts, $timeout, $parent, $parent_step, $retry_of, $rollback_of, $idempotency_key, $asked_by, $priority,
  $waiting_for, iif($waiting_for is null, null, $queued_at), $wake_at, $not_before, $not_after, $queued_at
)
