select event.at from event join operation on operation.id = event.operation
where operation.id = ?1 and operation.status = 'interrupted'
order by event.sequence desc limit 1;
