update owed set attempts = attempts + 1, error = $error, done_at = $done_at where id = $id;
