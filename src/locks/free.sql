update lock
set operation = null, operator = null, label = null, reason = null, held_since = null, ttl = null, depth = 0, step = $step
where resource = $resource;
