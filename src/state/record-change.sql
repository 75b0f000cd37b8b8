-- A step that is run again after a crash has recorded it already.
insert into state_change (operation, token, file, body, changed_at) values ($operation, $token, $file, $body, $now)
on conflict (token) do nothing;
