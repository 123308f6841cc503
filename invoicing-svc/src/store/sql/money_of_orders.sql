-- Of the accounts that have a limit every order, of the others those that are asked for: what is booked and neither on a
-- document nor on a draft. Previews bill nothing.
with line as (
  select l.account_id, l.order_id, l.amount,
         coalesce((select sum(b.gross) from billed_to_date b
                    where b.account_id = l.account_id and b.line_id = l.line_id and b.basis in ('RATED', 'CORRECTION', 'OPENING')), 0)
         + coalesce((select sum(dl.gross) from draft_line dl
                       join draft d using (account_id, invoice_id) join billing_run r using (run_id)
                      where dl.account_id = l.account_id and dl.line_id = l.line_id and not r.preview), 0) as billed
    from order_line l join account a using (account_id)
   where l.account_id = any($1) and (a.credit_limit is not null or l.order_id = any($2)))
select account_id, o.order_id, o.currency, o.commission_percent, sum(line.billed) as "billed!",
       sum(greatest(line.amount - line.billed, 0)) as "unbilled!"
  from line join insertion_order o using (account_id, order_id)
 group by account_id, o.order_id, o.currency, o.commission_percent
