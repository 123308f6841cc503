-- Rows of days of which another row is in the quarantine go there as well: what is added up is not added up in part.
with withheld as (
  delete from arriving_fact a
   using unnest($2::uuid[], $3::uuid[], $4::date[], $5::date[], $6::text[], $7::text[]) w (account_id, line_id, first_day, last_day, reason, message)
   where a.account_id = w.account_id and a.line_id = w.line_id and a.day between w.first_day and w.last_day
  returning a.account_id, a.line_id, a.number, a.content, w.reason, w.message)
insert into quarantined_row (batch_id, row, column_name, reason, message, content, account_id, order_id)
select $1, w.number, '', w.reason, w.message, w.content, w.account_id, l.order_id
  from withheld w
  join order_line l on l.account_id = w.account_id and l.line_id = w.line_id
