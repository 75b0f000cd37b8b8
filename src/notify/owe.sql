insert into owed (id, operation, kind, body, owed_at, attempts, error)
values ($id, $operation, 'notification', $body, $now, 1, $error)
on conflict (id) do update set attempts = attempts + 1, error = excluded.error;
