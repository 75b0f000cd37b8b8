-- Numbered here, in the transaction that stores the change it reports: gapless within an operation.
insert into event (operation, sequence, at, body)
select $operation, coalesce(max(sequence), 0) + 1, $at, $body from event where operation = $operation
returning sequence
