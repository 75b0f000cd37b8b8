select resource, token, lock.operation, operator, coalesce(label, operation.name) as label, lock.reason, held_since, ttl, depth, step
from lock left join operation on operation.id = lock.operation
where resource = $resource;
