-- Said once.
update operation set attention = case when attention is null then $text else attention || '; ' || $text end
where id = $id and coalesce(instr(attention, $text), 0) = 0;
