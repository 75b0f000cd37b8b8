insert into operation (
  id, template, name, type, template_text, template_hash, attached, parameters, target,
  parent, parent_step, retry_of, idempotency_key, asked_by, priority, not_before, not_after, queued_at
) values (
  $id, $template, $name, $type, $template_text, $template_hash, $attached, $parameters, $target,
  $parent, $parent_step, $retry_of, $idempotency_key, $asked_by, $priority, $not_before, $not_after, $queued_at
)
