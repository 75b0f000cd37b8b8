-- Its holder stands back; it is carried on from its journal by the next who claims it.
update operation
set status = 'queued', reason = $reason, waiting_for = $waiting_for, waiting_since = $waiting_since, wake_at = $wake_at
where id = $id and epoch = $epoch and status = 'running'
returning parent
