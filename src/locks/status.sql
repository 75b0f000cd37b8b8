select status from operation where id = $operation;
