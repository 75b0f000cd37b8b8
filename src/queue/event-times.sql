-- From one event to the next it ran, but for what lies before it was started (again).
select at, body ->> 'type' in ('operation-queued', 'operation-started') as starts
from event where operation = ?
order by sequence
