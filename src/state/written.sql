insert into state_written (file, hash) values ($file, $hash)
on conflict (file) do update set before = hash, hash = excluded.hash where hash <> excluded.hash;
